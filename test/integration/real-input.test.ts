/**
 * Real input: an agent measures this machine through net-snmp's snmpd and by ICMP; what `kaiku query` shows
 * is compared with what snmpget, snmpbulkwalk and fping say of the same moment.
 */
import { execFileSync } from 'node:child_process';
import { containersWanted, findBinary, startSnmpd, waitFor, type Snmpd } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, startInstallation, type Running } from '../support/installation.ts';
import { startServers, type Servers } from '../support/servers.ts';

interface LatestRow {
  readonly metric: string;
  readonly instance: string;
  readonly value: number | string | null;
  readonly tsMs: number;
  readonly state: string;
}

const programs = containersWanted() ? [] : ['snmpd', 'nats-server'];
const tools = ['snmpget', 'snmpbulkwalk', ...programs].filter((name) => findBinary(name) === undefined);

describe.skipIf(tools.length > 0)(`this machine, measured by snmpd (missing: ${tools.join(', ') || 'nothing'})`, () => {
  let snmpd: Snmpd;
  let running: Running;
  let servers: Servers;
  const latest = async (metric: string): Promise<readonly LatestRow[]> => {
    const answer = await kaikuJson(
      'query',
      '-c',
      running.config,
      '--entity',
      'this-machine',
      '--metric',
      metric,
      '--latest',
    );
    return (answer as { rows: LatestRow[] }).rows.filter(
      (row) => row.state === 'ok' || row.state === 'wrapped' || row.state === 'unknown',
    );
  };
  const snmp = (program: string, oid: string): string =>
    execFileSync(program, ['-v2c', '-c', 'public', '-On', '-Oe', '-Ot', '-OU', `127.0.0.1:${snmpd.port}`, oid], {
      encoding: 'utf8',
      env: { ...process.env, MIBS: '' },
    });
  /** Values by row index of a walked column, numbers only. */
  const column = (oid: string): Map<string, bigint> =>
    new Map(
      snmp('snmpbulkwalk', oid)
        .trim()
        .split('\n')
        .map((line) => {
          const [name = '', value = ''] = line.split(' = ');
          return [name.trim().slice(oid.length + 1), BigInt(/(-?\d+)(?: .*)?$/.exec(value)?.[1] ?? 0)] as const;
        }),
    );
  const names = (oid: string): Map<string, string> =>
    new Map(
      snmp('snmpbulkwalk', oid)
        .trim()
        .split('\n')
        .map((line) => {
          const [name = '', value = ''] = line.split(' = ');
          return [name.trim().slice(oid.length + 1), value.replace(/^STRING: /, '').replaceAll('"', '')] as const;
        }),
    );

  beforeAll(async () => {
    snmpd = await startSnmpd();
    servers = await startServers();
    running = await startInstallation(
      `version: 1
installation: Real input
dataDir: data
catalog: catalog.yaml
broker: ${servers.broker}
stores: ${servers.stores}
loggers: [{ name: logger-1, store: store-1 }]
agents: [{ name: agent-1 }]
`,
      `version: 1
agencies: [{ id: here, name: Here }]
sites: [{ id: room, name: This room, country: FI, locality: Here }]
devices:
  - id: this-machine
    nick: This machine
    address: 127.0.0.1
    template: this-host
    site: room
    agency: here
    agents: [agent-1]
    everyMs: 2000
    snmp: { port: ${snmpd.port}, community: public }
`,
    );
    await waitFor(async () => (await latest('ifHCInOctets')).length > 0, 60_000, `first values\n${running.output()}`);
  });
  afterAll(async () => {
    await running?.stop();
    await snmpd?.stop();
    await servers?.stop();
  });

  test('sysUpTime lies between two snmpgets taken around it', async () => {
    const ticks = (): number => Number(/(\d+)\s*$/.exec(snmp('snmpget', '.1.3.6.1.2.1.1.3.0'))?.[1]);
    const [row] = await latest('sysUpTime');
    const now = ticks() / 100;
    const ageS = (Date.now() - (row?.tsMs ?? 0)) / 1000;
    // What snmpd says now, less the age of our sample. A slot's sample is stamped with the slot's time.
    expect(Math.abs(now - ageS - Number(row?.value))).toBeLessThan(1.5);
  });

  test('ifHCInOctets of each interface lies between two walks taken around it', async () => {
    const before = column('.1.3.6.1.2.1.31.1.1.1.6');
    const start = Date.now();
    const rows = await waitFor(
      async () => {
        const all = await latest('ifHCInOctets');
        return all.length > 0 && all.every((row) => row.tsMs > start + 2000) ? all : undefined;
      },
      60_000,
      'samples taken after the first walk',
    );
    const after = column('.1.3.6.1.2.1.31.1.1.1.6');
    const ifNames = names('.1.3.6.1.2.1.31.1.1.1.1');
    expect(rows).toHaveLength(after.size);
    for (const [index, name] of ifNames) {
      const value = BigInt(rows.find((row) => row.instance === name)?.value ?? -1);
      expect(value >= (before.get(index) ?? 0n), `${name}: ${value} from ${before.get(index)}`).toBe(true);
      expect(value <= (after.get(index) ?? 0n), `${name}: ${value} to ${after.get(index)}`).toBe(true);
    }
  });

  test('storage: sizes and units are those of snmpbulkwalk, use is near', async () => {
    const sizes = column('.1.3.6.1.2.1.25.2.3.1.5');
    const used = column('.1.3.6.1.2.1.25.2.3.1.6');
    const labels = names('.1.3.6.1.2.1.25.2.3.1.3');
    const ours = new Map((await latest('hrStorageSize')).map((row) => [row.instance, row]));
    const ourUse = new Map((await latest('hrStorageUsed')).map((row) => [row.instance, row]));
    // Sizes of what lives in memory (caches, buffers) move; those of disks do not.
    const disks = [...labels].filter(([, label]) => label.startsWith('/'));
    expect(disks.length).toBeGreaterThan(0);
    for (const [index, label] of disks) {
      expect(Number(ours.get(label)?.value), label).toBe(Number(sizes.get(index)));
      const size = Math.max(1, Number(sizes.get(index)));
      expect(Math.abs(Number(ourUse.get(label)?.value) - Number(used.get(index))) / size, label).toBeLessThan(0.02);
    }
  });

  const noPing = process.getuid?.() !== 0 || findBinary('fping') === undefined;
  test.skipIf(noPing)('round-trip times agree with fping (needs root and fping)', async () => {
    const rows = await waitFor(
      async () => {
        const all = await latest('rtt');
        return all.length > 0 ? all : undefined;
      },
      60_000,
      'a round-trip time',
    );
    const ours = Number(rows[0]?.value);
    // fping -C prints each round trip in ms on standard error.
    const text = execFileSync('sh', ['-c', 'fping -q -C 20 -p 50 127.0.0.1 2>&1'], { encoding: 'utf8' });
    const theirs = [...text.matchAll(/\d+\.\d+/g)]
      .map(Number)
      .toSorted((a, b) => a - b)
      .slice(1);
    const median = theirs[Math.floor(theirs.length / 2)] ?? 0;
    process.stdout.write(`round trip to 127.0.0.1: Kaiku ${ours} ms, fping median ${median} ms of ${theirs.length}\n`);
    // Both are some hundredths of a millisecond on a calm machine; a busy one delays either by scheduling.
    expect(ours).toBeGreaterThan(0);
    expect(Math.abs(ours - median)).toBeLessThan(1);
  });

  test('query without a match explains itself', async () => {
    const { code, stderr } = await kaiku('query', '-c', running.config, '--entity', 'nobody', '--latest');
    expect(code).not.toBe(0);
    expect(stderr).toContain('nobody');
  });
});
