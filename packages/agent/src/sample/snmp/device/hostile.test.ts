/**
 * A table of a device that sends anything: right answers with bytes changed, on the whole way from the datagram to the
 * collector. Whatever comes, the walk ends, within its caps, and nothing throws. `KAIKU_FUZZ` sets how many walks times a
 * hundred; the seed is printed when one fails.
 */
import { expect, test } from 'vitest';
import { sampleReader } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { MalformedError, TAG } from '../codec/ber.ts';
import { readCommunityMessage } from '../codec/community-message.ts';
import { Answer, type Request } from '../codec/pdu.ts';
import type { Outcome, Take } from '../session/session.ts';
import { MemoryDevice, number, text } from '../testing.ts';
import { walkTable } from '../walk/walk.ts';
import { DeviceClock } from './device-clock.ts';
import { Profile } from './profile.ts';
import { TableState } from './table-state.ts';

const WALKS = Math.ceil(Number(process.env['KAIKU_FUZZ'] ?? 15_000) / 100);
const SEED = Number(process.env['KAIKU_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const IFX = '1.3.6.1.2.1.31.1.1.1';
const MAX_REQUESTS = 40;

const CHECK = {
  check: 'snmp-table' as const,
  everyMs: 60_000,
  table: 'ifXTable',
  nameOids: [`${IFX}.1`],
  metrics: [
    { name: 'ifHCInOctets', kind: 'counter' as const, oid: `${IFX}.6`, bits: 64 as const, scale: 1 },
    { name: 'ifHighSpeed', kind: 'gauge' as const, oid: `${IFX}.15`, bits: 32 as const, scale: 1 },
  ],
  facts: [{ name: 'ifAlias', oid: `${IFX}.18` }],
};

/** Changes bytes of what a well-behaved device answers. */
class HostileDevice extends MemoryDevice {
  readonly #next: () => number;

  constructor(next: () => number) {
    const rows = Array.from({ length: 12 }, (_, at) => at * 90 + 1);
    super(
      rows.flatMap((row) => [
        { oid: `${IFX}.1.${row}`, ...text(`ge${row}`) },
        { oid: `${IFX}.6.${row}`, ...number(TAG.counter64, 2 ** 40 + row) },
        { oid: `${IFX}.15.${row}`, ...number(TAG.gauge32, 1000) },
        { oid: `${IFX}.18.${row}`, tag: TAG.oid, content: Buffer.from('2b06010401', 'hex') },
      ]),
      (reply) => reply,
    );
    this.#next = next;
  }

  override ask(request: Request, take: Take): Promise<Outcome> {
    return super.ask(request, (right) => {
      const bytes = Buffer.from(right.bytes);
      for (let change = this.#next() % 4; change > 0; change -= 1)
        bytes[this.#next() % bytes.length] = this.#next() & 0xff;
      const spoilt = new Answer();
      readCommunityMessage(bytes, '2c', spoilt);
      take(spoilt);
    });
  }
}

test('whatever a device sends, a walk ends and nothing throws', async () => {
  let state = SEED | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const collector = new Collector('agent-a');
  const read = sampleReader(collector);
  let table = new TableState('sw', CHECK, collector, true);
  let samples = 0;
  for (let walks = 0; walks < WALKS; walks += 1) {
    if (walks % 20 === 0) table = new TableState('sw', CHECK, collector, true);
    const clock = new DeviceClock();
    const device = new HostileDevice(next);
    const limits = {
      maxRows: 50,
      maxRequests: MAX_REQUESTS,
      deadlineMs: Infinity,
      timeoutMs: 1000,
      tries: 2,
      readClock: (ticks: number) => clock.read(ticks, walks),
    };
    try {
      const walk = await walkTable(device, table.columns, table.rows, limits, new Profile());
      table.record(walk, 1_700_000_000_000 + walks, collector, true);
    } catch (error) {
      throw new Error(`seed ${SEED}, walk ${walks}${error instanceof MalformedError ? ', malformed' : ''}`, {
        cause: error,
      });
    }
    expect(device.requests.length).toBeLessThanOrEqual(MAX_REQUESTS);
    expect(table.rows.size).toBeLessThanOrEqual(50 * 20);
    samples += read().samples.length;
  }
  expect(samples).toBeGreaterThan(WALKS);
}, 3_600_000);
