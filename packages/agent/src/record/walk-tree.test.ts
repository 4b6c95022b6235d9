/** Whole trees, of a device in memory that may be broken, and of Debian's snmpd. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findBinary, playRecording, readSnmprec, snmprecLine, startSnmpd } from '@kaiku/testkit';
import { describe, expect, it } from 'vitest';
import { PDU } from '../sample/snmp/codec/pdu.ts';
import type { SnmpSession } from '../sample/snmp/session/session.ts';
import { compareText, MemoryDevice, number, text, type Twist } from '../sample/snmp/testing.ts';
import { openRecorder } from './open-recorder.ts';
import { walkTree, type TreeObject, type TreeOptions, type TreeResult } from './walk-tree.ts';

const run = promisify(execFile);
const INTEGER = 2;

/** Two tables of two columns and five rows, one object under LLDP. */
const COLUMNS = ['1.3.6.1.2.1.2.2.1.2', '1.3.6.1.2.1.2.2.1.3', '1.3.6.1.4.1.9.1.1', '1.3.6.1.4.1.9.1.2'];
const MIB = [
  { oid: '1.0.8802.1.1.2.1.3.3.0', ...text('core-1') },
  { oid: '1.3.6.1.2.1.1.3.0', ...number(INTEGER, 1) },
  ...COLUMNS.flatMap((column) =>
    [1, 2, 3, 4, 5].map((row) => Object.assign({ oid: `${column}.${row}` }, number(INTEGER, row))),
  ),
];
const ALL = MIB.map(({ oid }) => oid).sort(compareText);

async function walked(
  twist?: Twist,
  more: Partial<TreeOptions> = {},
  plain = false,
): Promise<TreeResult & { readonly oids: readonly string[] }> {
  const device = new MemoryDevice(MIB, twist, plain);
  const session: SnmpSession = Object.assign(device, { engineBoots: undefined, close: () => undefined });
  const oids: string[] = [];
  const result = await walkTree(session, {
    roots: ['1.0', '1.2', '1.3'],
    maxObjects: 1000,
    maxMs: 60_000,
    signal: new AbortController().signal,
    onObject: ({ oid }) => void oids.push(oid),
    ...more,
  });
  return { ...result, oids };
}

describe('walkTree', () => {
  it('tells every object once, in order, by GETBULK and by GETNEXT', async () => {
    expect(await walked()).toMatchObject({ end: 'end', oids: ALL, detours: [] });
    expect(await walked(undefined, {}, true)).toMatchObject({ end: 'end', oids: ALL });
    expect((await walked(undefined, { roots: ['1.3.6.1.2.1.1.3'] })).oids).toEqual(['1.3.6.1.2.1.1.3.0']);
  });

  it('goes around a place where the device repeats itself', async () => {
    const stuck = `${COLUMNS[0]}.3`;
    const { end, oids, detours } = await walked(
      (reply, _, { names }) =>
        names[0] === stuck && 'varbinds' in reply ? { varbinds: [{ oid: stuck, ...number(INTEGER, 3) }] } : reply,
      { maxObjects: 1000 },
      true,
    );
    expect(end).toBe('end');
    expect(detours).toEqual([{ behind: stuck, why: 'disorder' }]);
    expect(oids).toEqual(ALL.filter((oid) => oid !== `${COLUMNS[0]}.4` && oid !== `${COLUMNS[0]}.5`));
  });

  it('goes around an object the device keeps silent about, while it answers others', async () => {
    const broken = `${COLUMNS[2]}.3`;
    const { end, oids, detours } = await walked((reply, _, { type }) =>
      type !== PDU.get && 'varbinds' in reply && reply.varbinds.some(({ oid }) => oid === broken)
        ? { ok: false, reason: 'timeout', errorIndex: 0 }
        : reply,
    );
    expect(end).toBe('end');
    expect(detours).toEqual([{ behind: `${COLUMNS[2]}.2`, why: 'silence' }]);
    expect(oids).toEqual(ALL.filter((oid) => !oid.startsWith(`${COLUMNS[2]}.`) || /[12]$/.test(oid)));
  });

  it('keeps what came before the device fell silent, was stopped, or sent enough', async () => {
    const dead = await walked((reply, request) =>
      request > 3 ? { ok: false, reason: 'timeout', errorIndex: 0 } : reply,
    );
    expect(dead).toMatchObject({ end: 'timeout', last: '1.0.8802.1.1.2.1.3.3.0' });
    expect(await walked(undefined, { signal: AbortSignal.abort() })).toMatchObject({ end: 'stopped', objects: 0 });
    expect(await walked(undefined, { maxObjects: 7 })).toMatchObject({ end: 'objects', oids: ALL.slice(0, 7) });
    expect(await walked(undefined, { maxMs: 0 })).toMatchObject({ end: 'time', objects: 0 });
    expect(await walked(() => ({ ok: false, reason: 'denied', errorIndex: 0 }))).toMatchObject({ end: 'denied' });
  });
});

const missing = ['snmpd', 'snmpbulkwalk'].filter((name) => findBinary(name) === undefined);

describe.skipIf(missing.length > 0)(`a real agent (missing: ${missing.join(', ') || 'nothing'})`, () => {
  it('is recorded as snmpbulkwalk reads it, and plays again', async () => {
    const snmpd = await startSnmpd();
    const root = '1.3.6.1.2.1.1';
    const access = { version: '2c' as const, port: snmpd.port, community: snmpd.community };
    const recorder = await openRecorder(snmpd.address, access);
    const objects: TreeObject[] = [];
    const { signal } = new AbortController();
    const options = { roots: [root], maxObjects: 1000, maxMs: 60_000, signal };
    await recorder.walk({ ...options, onObject: (object) => void objects.push(object) });
    recorder.close();
    const at = `${snmpd.address}:${snmpd.port}`;
    const { stdout } = await run('snmpbulkwalk', ['-v2c', '-c', snmpd.community, '-Onq', '-m', '', at, root]);
    await snmpd.stop();
    expect(objects.map(({ oid }) => `.${oid}`)).toEqual(
      stdout.split('\n').flatMap((line) => /^\.[\d.]+/.exec(line)?.[0] ?? []),
    );

    const { objects: read, problems } = readSnmprec(objects.map(snmprecLine).join('\n'));
    expect(problems).toEqual([]);
    const player = await playRecording(read);
    const again = await openRecorder(player.address, { ...access, port: player.port });
    const played: TreeObject[] = [];
    await again.walk({ ...options, onObject: (object) => void played.push(object) });
    again.close();
    await player.stop();
    expect(played.map(snmprecLine)).toEqual(objects.map(snmprecLine));
  });
});
