/** What a table's walks become: names that stay when indexes move, verdicts, facts when they change, what failed and why. */
import { PROBE_STATUS, VERDICT } from '@kaiku/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { sampleReader, type ReadAll } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { TAG } from '../codec/ber.ts';
import { MemoryDevice, number, text, type TestVarbind, type Twist } from '../testing.ts';
import { walkTable } from '../walk/walk.ts';
import { DeviceClock } from './device-clock.ts';
import { Profile } from './profile.ts';
import { TableState } from './table-state.ts';

const IFX = '1.3.6.1.2.1.31.1.1.1';
const column = { bits: 64 as const, scale: 1 };
const CHECK = {
  check: 'snmp-table' as const,
  everyMs: 60_000,
  table: 'ifXTable',
  nameOids: [`${IFX}.1`],
  metrics: [{ name: 'ifHCInOctets', kind: 'counter' as const, oid: `${IFX}.6`, ...column }],
  facts: [{ name: 'ifAlias', oid: `${IFX}.18` }],
};

interface Port {
  readonly name: string;
  readonly octets: number;
  readonly alias?: string;
  readonly discontinuity?: number;
}

let collector: Collector;
let read: () => ReadAll;
let table: TableState;
let clock: DeviceClock;
let slot: number;

beforeEach(() => {
  collector = new Collector('agent-a');
  read = sampleReader(collector);
  table = new TableState('sw', CHECK, collector, true);
  clock = new DeviceClock();
  slot = 0;
});

/** One poll of a device with these ports, by index; a minute after the one before. */
async function poll(
  ports: Readonly<Record<number, Port>>,
  { twist, counters = true, more = [] }: { twist?: Twist; counters?: boolean; more?: readonly TestVarbind[] } = {},
): Promise<ReadAll> {
  slot += 60_000;
  const mib: TestVarbind[] = [{ oid: '1.3.6.1.2.1.1.3.0', ...number(TAG.timeTicks, slot / 10) }];
  for (const [index, { name, octets, alias = '', discontinuity = 0 }] of Object.entries(ports)) {
    mib.push(
      { oid: `${IFX}.1.${index}`, ...text(name) },
      { oid: `${IFX}.6.${index}`, ...number(TAG.counter64, octets) },
      { oid: `${IFX}.18.${index}`, ...text(alias) },
      { oid: `${IFX}.19.${index}`, ...number(TAG.timeTicks, discontinuity) },
    );
  }
  mib.push(...more);
  const limits = {
    maxRows: 100,
    maxRequests: 100,
    deadlineMs: performance.now() + 5000,
    timeoutMs: 1000,
    tries: 1,
    readClock: (ticks: number) => clock.read(ticks, slot),
  };
  const walk = await walkTable(new MemoryDevice(mib, twist), table.columns, table.rows, limits, new Profile());
  table.record(walk, 1_700_000_000_000 + slot, collector, counters);
  return read();
}

const verdicts = (of: ReadAll): Record<string, number> =>
  Object.fromEntries(of.all('ifHCInOctets').map(({ series, code }) => [series.split(' ').slice(2).join(' '), code]));

describe('a table', () => {
  test('indexes move: the series stay with their names, and no reading is compared with another port’s', async () => {
    await poll({ 1: { name: 'ge1', octets: 100 }, 2: { name: 'ge2', octets: 900 } });
    expect(verdicts(await poll({ 1: { name: 'ge1', octets: 200 }, 2: { name: 'ge2', octets: 950 } }))).toEqual({
      ge1: VERDICT.ok,
      ge2: VERDICT.ok,
    });
    const moved = await poll({
      1: { name: 'new', octets: 5000 },
      2: { name: 'ge1', octets: 300 },
      3: { name: 'ge2', octets: 990 },
    });
    expect(verdicts(moved)).toEqual({ new: VERDICT.unknown, ge1: VERDICT.unknown, ge2: VERDICT.unknown });
    const after = await poll({
      1: { name: 'new', octets: 5001 },
      2: { name: 'ge1', octets: 400 },
      3: { name: 'ge2', octets: 999 },
    });
    expect(verdicts(after)).toEqual({ new: VERDICT.ok, ge1: VERDICT.ok, ge2: VERDICT.ok });
    expect(after.get('sw ifHCInOctets ge1')).toMatchObject({ value: 400n, intervalMs: 60_000 });
  });

  test.each([
    ['version 1', false],
    ['version 2c', true],
  ])(
    '%s without 64-bit counters: the 32-bit ones under the same names, and the speed they are judged by',
    async (_, wide) => {
      const IF = '1.3.6.1.2.1.2.2.1';
      const metrics = [
        ...CHECK.metrics,
        { name: 'ifHCOutUcastPkts', kind: 'counter' as const, oid: `${IFX}.11`, ...column },
        { name: 'ifHighSpeed', kind: 'gauge' as const, oid: `${IFX}.15`, bits: 64 as const, scale: 1e6 },
        { name: 'ifOperStatus', kind: 'gauge' as const, oid: `${IF}.8`, ...column },
      ];
      table = new TableState('sw', { ...CHECK, nameOids: [`${IFX}.1`, `${IF}.2`], metrics }, collector, wide);
      const old = (octets: number): TestVarbind[] => [
        { oid: `${IF}.2.1`, ...text('port 1') },
        { oid: `${IF}.5.1`, ...number(TAG.gauge32, 100_000_000) },
        { oid: `${IF}.8.1`, ...number(TAG.integer, 1) },
        { oid: `${IF}.10.1`, ...number(TAG.counter32, octets) },
        { oid: `${IF}.17.1`, ...number(TAG.counter32, 7) },
      ];
      const first = await poll({}, { more: old(2 ** 32 - 1000) });
      expect(first.get('sw ifOperStatus port 1').value).toBe(1);
      // It takes a walk to know.
      if (wide) await poll({}, { more: old(2 ** 32 - 500) });
      const after = await poll({}, { more: old(500) });
      expect(after.get('sw ifHCInOctets port 1')).toMatchObject({ value: 500n, code: VERDICT.wrapped });
      expect(after.get('sw ifHCOutUcastPkts port 1')).toMatchObject({ value: 7n, code: VERDICT.ok });
      expect(after.get('sw ifHighSpeed port 1').value).toBe(100_000_000);
    },
  );

  test('a discontinuity told by the device is a gap of that port alone', async () => {
    await poll({ 1: { name: 'ge1', octets: 100 }, 2: { name: 'ge2', octets: 100 } });
    const after = await poll({ 1: { name: 'ge1', octets: 200, discontinuity: 9000 }, 2: { name: 'ge2', octets: 200 } });
    expect(verdicts(after)).toEqual({ ge1: VERDICT.reset, ge2: VERDICT.ok });
  });

  test('facts come when they change', async () => {
    expect((await poll({ 1: { name: 'ge1', octets: 1, alias: 'to hel' } })).facts).toEqual(['sw ifAlias ge1=to hel']);
    expect((await poll({ 1: { name: 'ge1', octets: 2, alias: 'to hel' } })).facts).toEqual([]);
    expect((await poll({ 1: { name: 'ge1', octets: 3, alias: 'to roi' } })).facts).toEqual(['sw ifAlias ge1=to roi']);
  });

  test('what could not be read is told with its reason, beside what was; so is that it is well again', async () => {
    const ports = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [at + 1, { name: `ge${at + 1}`, octets: at }]),
    );
    expect((await poll(ports)).all('snmpTableRows')).toEqual([]);
    const silent: Twist = (reply, request) => (request > 1 ? { ok: false, reason: 'timeout', errorIndex: 0 } : reply);
    const cut = await poll(ports, { twist: silent });
    expect(cut.get('sw snmpTableRows ifXTable')).toMatchObject({ value: 25, code: PROBE_STATUS.timeout });
    expect(cut.all('ifHCInOctets')).toHaveLength(25);
    const well = await poll(ports);
    expect(well.get('sw snmpTableRows ifXTable')).toMatchObject({ value: 40, code: PROBE_STATUS.ok });
    // Rows that were not read meanwhile go on from their last reading, over two minutes.
    expect(well.get('sw ifHCInOctets ge40')).toMatchObject({ code: VERDICT.ok, intervalMs: 120_000 });
    expect((await poll({})).get('sw snmpTableRows ifXTable').code).toBe(PROBE_STATUS.unsupported);
    expect((await poll({})).all('snmpTableRows')).toEqual([]);
  });

  test('beside the slots: no counters, and the next step reaches over it', async () => {
    await poll({ 1: { name: 'ge1', octets: 100 } });
    expect((await poll({ 1: { name: 'ge1', octets: 150 } }, { counters: false })).samples).toEqual([]);
    expect((await poll({ 1: { name: 'ge1', octets: 300 } })).get('sw ifHCInOctets ge1')).toMatchObject({
      code: VERDICT.ok,
      intervalMs: 120_000,
    });
  });
});
