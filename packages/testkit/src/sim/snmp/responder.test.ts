/** The responder as others see it: net-snmp and Debian's snmpbulkwalk read what the model says. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../servers/binary.ts';
import { answersSnmp } from '../../servers/snmpd.ts';
import { buildDemoOffices } from '../offices/demo-offices.ts';
import type { SimDevice } from '../model/device.ts';
import { createResponder } from './responder.ts';

const PORT = 20_320;
const AT_MS = Date.UTC(2026, 2, 3, 10, 0, 0);
const devices = buildDemoOffices(AT_MS).flatMap((office) => office.devices);
const responder = createResponder({ devices, port: PORT, now: () => AT_MS, immediate: true });
const run = promisify(execFile);
const snmpbulkwalk = findBinary('snmpbulkwalk');

const device = (id: string): SimDevice => {
  const found = devices.find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

beforeAll(() => responder.start());
afterAll(() => responder.stop());

/** What the model says, in the notation of `snmpbulkwalk -Onqet`. */
function modelLines(of: SimDevice): string[] {
  return of.mib.entries.map(({ name, object }) => {
    if (object.kind === 'number') return `.${name} ${object.read(AT_MS)}`;
    const text = object.read(AT_MS);
    if (object.type === 'ip') return `.${name} ${text}`;
    return object.type === 'oid' ? `.${name} .${text}` : `.${name} "${text.replaceAll('\\', '\\\\')}"`;
  });
}

describe('the responder', () => {
  it.skipIf(snmpbulkwalk === undefined).each(devices.map((each) => each.id))(
    'tells snmpbulkwalk the model of %s',
    async (id) => {
      const of = device(id);
      const options = ['-v2c', '-c', 'public', '-Onqet', '-m', '', '-r0', '-t2'];
      const { stdout } = await run(snmpbulkwalk ?? '', [...options, `${of.address}:${PORT}`, '.1']);
      // Texts that are octets rather than letters: MAC addresses, bits.
      const binary = new Set(
        of.mib.entries.flatMap(({ name, object }) => (/\p{Cc}/u.test(String(object.read(AT_MS))) ? [`.${name}`] : [])),
      );
      const isText = (line: string): boolean => !binary.has(line.split(' ', 1)[0] ?? '');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .filter((line) => !line.includes('No more variables') && isText(line));
      expect(lines).toEqual(modelLines(of).filter(isText));
    },
  );

  it('tells net-snmp the model', async () => {
    const { default: snmp } = await import('net-snmp');
    const of = device('hel-core-1');
    const session = snmp.createSession(of.address, 'public', {
      version: snmp.Version2c,
      transport: 'udp4',
      port: PORT,
      retries: 0,
      timeout: 2000,
      dgramModule: { createSocket: () => createSocket('udp4') },
    });
    session.on('error', () => undefined);
    const seen = new Map<string, string>();
    await new Promise<void>((done, fail) => {
      session.walk(
        '1.3.6.1.2.1.31',
        20,
        (varbinds) => {
          for (const { oid, value } of varbinds) {
            seen.set(
              oid,
              Buffer.isBuffer(value) && oid.startsWith('1.3.6.1.2.1.31.1.1.1.6.')
                ? BigInt(`0x${value.toString('hex')}`).toString()
                : String(value),
            );
          }
        },
        (error) => (error === null || error === undefined ? done() : fail(error)),
      );
    });
    session.close();
    const octets = of.mib.column('1.3.6.1.2.1.31.1.1.1.6');
    expect(octets).toHaveLength(8);
    for (const { entry } of octets) expect(seen.get(entry.name)).toBe(String(entry.object.read(AT_MS)));
    expect(seen.get('1.3.6.1.2.1.31.1.1.1.1.3')).toBe('Te1/1/3');
  });

  it('is silent for another community and while the device is down', async () => {
    const of = device('roi-ups-1');
    expect(await answersSnmp(of.address, PORT, 'public')).toBe(true);
    expect(await answersSnmp(of.address, PORT, 'private')).toBe(false);
    of.outages.setDown(AT_MS);
    expect(await answersSnmp(of.address, PORT, 'public')).toBe(false);
    of.outages.setUp(AT_MS);
    expect(await answersSnmp(of.address, PORT, 'public')).toBe(true);
    expect(responder.answered()).toBeGreaterThan(2);
  });

  it('names the address it cannot have', async () => {
    const second = createResponder({ devices, port: PORT });
    await expect(second.start()).rejects.toMatchObject({
      code: 'TESTKIT_PORT_TAKEN',
      message: expect.stringContaining('127.20.1.1:20320') as string,
    });
    await second.stop();
  });
});
