/** A device's cycle against Debian's real snmpd, and against peers that misbehave on the wire. */
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync } from 'node:fs';
import type { TargetPlan } from '@kaiku/catalog';
import { createMetrics, type Metrics } from '@kaiku/core';
import { PROBE_STATUS, VERDICT } from '@kaiku/protocol';
import { startSnmpd, waitFor, type Snmpd } from '@kaiku/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleReader, type ReadAll } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { SnmpTransport } from '../session/transport.ts';
import { KeyRing } from '../usm/keys.ts';
import { SnmpDevice, type SnmpCheckEntry } from './device.ts';
import { Gate } from './gate.ts';
import { Profile } from './profile.ts';

type SnmpCheck = SnmpCheckEntry['plan'];

const IFX = '1.3.6.1.2.1.31.1.1.1';
const HR = '1.3.6.1.2.1.25.2.3.1';
const SLOT_MS = 1_700_000_000_000;

const gauge = (name: string, oid: string, scale = 1) => ({
  name,
  kind: 'gauge' as const,
  oid,
  bits: 64 as const,
  scale,
});
const counter = (name: string, oid: string, bits: 32 | 64 = 64) => ({
  name,
  kind: 'counter' as const,
  oid,
  bits,
  scale: 1,
});

const SYSTEM: SnmpCheck = {
  check: 'snmp-get',
  everyMs: 10_000,
  metrics: [gauge('sysUpTime', '1.3.6.1.2.1.1.3.0', 0.01), gauge('upsBatteryStatus', '1.3.6.1.2.1.33.1.2.1.0')],
  facts: [{ name: 'sysDescr', oid: '1.3.6.1.2.1.1.1.0' }],
};
const INTERFACES: SnmpCheck = {
  check: 'snmp-table',
  everyMs: 10_000,
  table: 'ifXTable',
  nameOids: [`${IFX}.1`, '1.3.6.1.2.1.2.2.1.2'],
  metrics: [
    counter('ifHCInOctets', `${IFX}.6`),
    counter('ifInOctets', '1.3.6.1.2.1.2.2.1.10', 32),
    gauge('ifOperStatus', '1.3.6.1.2.1.2.2.1.8'),
  ],
  facts: [],
};
const STORAGE: SnmpCheck = {
  check: 'snmp-table',
  everyMs: 10_000,
  table: 'hrStorage',
  nameOids: [`${HR}.3`],
  metrics: [gauge('hrStorageSize', `${HR}.5`), gauge('hrStorageUsed', `${HR}.6`)],
  facts: [],
};
/** Long: mounts, users, processes. */
const HR_DEVICES: SnmpCheck = {
  check: 'snmp-table',
  everyMs: 10_000,
  table: 'hrSWRun',
  nameOids: ['1.3.6.1.2.1.25.4.2.1.2'],
  metrics: [gauge('hrSWRunStatus', '1.3.6.1.2.1.25.4.2.1.7')],
  facts: [],
};
const PRINTER: SnmpCheck = {
  check: 'snmp-table',
  everyMs: 10_000,
  table: 'prtMarkerSupplies',
  nameOids: ['1.3.6.1.2.1.43.11.1.1.6'],
  metrics: [gauge('prtMarkerSuppliesLevel', '1.3.6.1.2.1.43.11.1.1.9')],
  facts: [],
};

const entry = (plan: SnmpCheck): SnmpCheckEntry => ({ key: JSON.stringify(plan), everyMs: plan.everyMs, plan });

let transport: SnmpTransport;
let collector: Collector;
let read: () => ReadAll;

beforeEach(() => {
  transport = new SnmpTransport();
  collector = new Collector('agent-a');
  read = sampleReader(collector);
});
afterEach(() => transport.close());

interface Setup {
  readonly requestsPerSecond?: number;
  readonly metrics?: Metrics;
  readonly community?: string;
  readonly version?: '1' | '2c';
  readonly gate?: Gate;
}

function device(
  port: number,
  { community = 'public', version = '2c', gate = new Gate(10), metrics = createMetrics(), ...budget }: Setup = {},
): SnmpDevice {
  const snmp = { version, port, community };
  const target: TargetPlan = { entity: 'dut', address: '127.0.0.1', snmp, checks: [], ...budget };
  return new SnmpDevice(target, snmp, new Profile(), {
    collector,
    transport,
    keys: new KeyRing(),
    gate,
    metrics,
    maxRequestsPerSecond: 50,
  });
}

const present = existsSync('/usr/sbin/snmpd');
if (!present) process.stdout.write('skipped: SNMP against a real snmpd (apt-get install snmpd)\n');

describe.skipIf(!present)('against snmpd', () => {
  let snmpd: Snmpd;
  beforeAll(async () => {
    snmpd = await startSnmpd({ port: 21_220 });
  });
  afterAll(() => snmpd.stop());

  /** What `snmpget` says beside us; undefined where the tool is absent. */
  const snmpget = (oid: string): string | undefined =>
    existsSync('/usr/bin/snmpget')
      ? execFileSync('snmpget', ['-v2c', '-cpublic', '-Oqvt', `127.0.0.1:${snmpd.port}`, oid])
          .toString()
          .trim()
      : undefined;

  test('system, interfaces and storage agree with snmpget', async () => {
    const dut = device(snmpd.port);
    const octetsBefore = Number(snmpget(`${IFX}.6.1`) ?? 0);
    await dut.poll(SLOT_MS, [entry(SYSTEM), entry(INTERFACES), entry(STORAGE), entry(PRINTER)]);
    const first = read();
    expect(first.get('dut snmpRtt').code).toBe(PROBE_STATUS.ok);
    expect(first.get('dut snmpRtt').value).toBeLessThan(1000);
    const ticks = Number(snmpget('1.3.6.1.2.1.1.3.0') ?? 0);
    if (ticks > 0) expect(Math.abs(ticks / 100 - Number(first.get('dut sysUpTime').value))).toBeLessThan(5);
    expect(first.get('dut upsBatteryStatus')).toMatchObject({ value: Number.NaN, code: PROBE_STATUS.unsupported });
    expect(first.facts.find((fact) => fact.startsWith('dut sysDescr'))).toContain('Linux');
    const lo = first.get('dut ifHCInOctets lo');
    expect(lo).toMatchObject({ code: VERDICT.unknown, tsMs: SLOT_MS, intervalMs: 0 });
    const octetsAfter = Number(snmpget(`${IFX}.6.1`) ?? Number.MAX_SAFE_INTEGER);
    expect(Number(lo.value)).toBeGreaterThanOrEqual(octetsBefore);
    expect(Number(lo.value)).toBeLessThanOrEqual(octetsAfter);
    const root = first.all('hrStorageSize').find(({ series }) => series === 'dut hrStorageSize /');
    if (root !== undefined) expect(Number(root.value)).toBeGreaterThan(1000);
    // The table it does not have is told once, those it has need no telling.
    expect(first.get('dut snmpTableRows prtMarkerSupplies').code).toBe(PROBE_STATUS.unsupported);
    expect(first.all('snmpTableRows')).toHaveLength(1);
    dut.close();
  });

  test('version 1 gives the same, with 32-bit counters for those of 64 and with an object that spoils its GET', async () => {
    const dut = device(snmpd.port, { version: '1' });
    for (const slot of [SLOT_MS, SLOT_MS + 10_000]) {
      await dut.poll(slot, [entry(SYSTEM), entry(INTERFACES)]);
      const found = read();
      expect(found.get('dut snmpRtt').code).toBe(PROBE_STATUS.ok);
      expect(Number(found.get('dut sysUpTime').value)).toBeGreaterThan(0);
      expect(found.get('dut upsBatteryStatus').code).toBe(PROBE_STATUS.unsupported);
      expect(found.get('dut ifOperStatus lo').value).toBe(1);
      expect(found.all('ifInOctets').length).toBeGreaterThan(0);
      expect(found.all('ifHCInOctets')).toHaveLength(found.all('ifInOctets').length);
      for (const { value } of found.all('ifHCInOctets')) expect(Number(value)).toBeLessThan(2 ** 32);
    }
    dut.close();
  });

  test('a second poll gives steps by the device’s clock; facts and descriptions are not repeated', async () => {
    const dut = device(snmpd.port);
    await dut.poll(SLOT_MS, [entry(SYSTEM), entry(INTERFACES)]);
    const before = read();
    const readAt = performance.now();
    await new Promise((done) => setTimeout(done, 300));
    await dut.poll(SLOT_MS + 10_000, [entry(SYSTEM), entry(INTERFACES)]);
    const after = read();
    const step = after.get('dut ifHCInOctets lo');
    expect(step.code).toBe(VERDICT.ok);
    expect(step.intervalMs).toBeGreaterThanOrEqual(250);
    expect(step.intervalMs).toBeLessThanOrEqual(performance.now() - readAt + 500);
    expect(before.facts).toHaveLength(1);
    expect(after.facts).toHaveLength(0);
    expect(after.samples.every(({ series }) => series !== 'undescribed')).toBe(true);
    dut.close();
  });

  test('a poll beside the slots reads states, leaves counters alone; a cold start drops their baselines', async () => {
    const dut = device(snmpd.port);
    const checks = [entry(INTERFACES)];
    await dut.poll(SLOT_MS, checks);
    read();
    await dut.pollStates(checks);
    const beside = read();
    expect(beside.get('dut ifOperStatus lo').value).toBe(1);
    expect(beside.all('ifHCInOctets')).toEqual([]);
    expect(beside.all('snmpRtt')).toEqual([]);
    dut.dropBaselines();
    await dut.poll(SLOT_MS + 10_000, checks);
    expect(read().get('dut ifHCInOctets lo').code).toBe(VERDICT.reset);
    dut.close();
  });

  test('a budget that does not reach: what came is kept, what did not was missed, and it is counted', async () => {
    const metrics = createMetrics();
    const dut = device(snmpd.port, { version: '1', requestsPerSecond: 20, metrics });
    const soon = (check: SnmpCheck): SnmpCheckEntry => entry({ ...check, everyMs: 1000 });
    const asked = transport.sent;
    const startedAt = performance.now();
    await dut.poll(Date.now(), [soon(SYSTEM), soon(INTERFACES), soon(STORAGE), soon(HR_DEVICES), soon(PRINTER)]);
    const tookMs = performance.now() - startedAt;
    const found = read();
    expect(transport.sent - asked).toBeLessThanOrEqual(11 + tookMs / 50);
    expect(found.get('dut snmpRtt').code).toBe(PROBE_STATUS.ok);
    const cut = found.all('snmpTableRows').filter(({ code }) => code === PROBE_STATUS.missed);
    expect(cut.length).toBeGreaterThan(0);
    expect(found.facts.find((fact) => fact.includes('raise snmp.requestsPerSecond'))).toBeDefined();
    expect(metrics.figures()['snmpOverBudget']).toBeGreaterThan(0);
    expect(found.all('snmpTableRows').map(({ code }) => code)).not.toContain(PROBE_STATUS.timeout);
    dut.close();
  });

  test('a wrong community is a timeout, within its deadline', async () => {
    const dut = device(snmpd.port, { community: 'wrong' });
    const startedAt = performance.now();
    await dut.poll(SLOT_MS, [entry({ ...SYSTEM, everyMs: 1000 }), entry({ ...INTERFACES, everyMs: 1000 })]);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    const { samples } = read();
    expect(samples).toHaveLength(1);
    expect(samples[0]).toMatchObject({ series: 'dut snmpRtt', value: Number.NaN, code: PROBE_STATUS.timeout });
    dut.close();
  });
});

describe('peers that misbehave', () => {
  let peer: Socket;
  let port: number;
  beforeEach(async () => {
    peer = createSocket('udp4');
    await new Promise<void>((done) => peer.bind(0, '127.0.0.1', done));
    ({ port } = peer.address());
  });
  afterEach(() => void peer.close());

  const short = { ...SYSTEM, everyMs: 600 };
  /** A right reply: the request, its type changed to GetResponse. */
  const echo = (request: Buffer): Buffer => {
    const reply = Buffer.from(request);
    reply[reply.indexOf(0xa0)] = 0xa2;
    return reply;
  };

  test('datagrams that are no SNMP end nothing and are told apart from silence', async () => {
    peer.on('message', (request, from) => {
      const junk = ['', 'hello', '\u0030\u0082\u00ff\u00ff', '\u0030\u0003\u0002\u0001\u0003'].map((text) =>
        Buffer.from(text, 'latin1'),
      );
      for (const bytes of [...junk, echo(request).subarray(0, -4)]) peer.send(bytes, from.port, from.address);
    });
    const dut = device(port);
    await dut.poll(SLOT_MS, [entry(short)]);
    expect(transport.malformed).toBeGreaterThan(0);
    expect(read().get('dut snmpRtt').code).toBe(PROBE_STATUS.malformed);
    dut.close();
  });

  test('a reply from another port is not this device’s; one to another request is late', async () => {
    const other = createSocket('udp4');
    peer.on('message', (request, from) => {
      other.send(echo(request), from.port, from.address);
      const reply = echo(request);
      const id = reply.indexOf(0xa2) + 4;
      reply[id] = (reply[id] ?? 0) ^ 1;
      peer.send(reply, from.port, from.address);
    });
    const dut = device(port);
    await dut.poll(SLOT_MS, [entry(short)]);
    expect(transport.strays).toBeGreaterThan(0);
    expect(transport.late).toBeGreaterThan(0);
    expect(read().get('dut snmpRtt').code).toBe(PROBE_STATUS.timeout);
    other.close();
    dut.close();
  });

  test('one that answers the first question and no other: what failed is told, with its reason', async () => {
    let requests = 0;
    peer.on('message', (request, from) => {
      requests += 1;
      if (requests === 1) peer.send(echo(request), from.port, from.address);
    });
    const dut = device(port);
    await dut.poll(SLOT_MS, [entry({ ...INTERFACES, everyMs: 600 })]);
    const found = read();
    expect(found.get('dut snmpRtt').code).toBe(PROBE_STATUS.ok);
    expect(found.get('dut snmpTableRows ifXTable')).toMatchObject({ value: Number.NaN, code: PROBE_STATUS.timeout });
    dut.close();
  });

  test('one that falls silent in the middle gives its place back, and one that is slow does', async () => {
    let requests = 0;
    const gate = new Gate(1);
    let inside: Promise<void> | undefined;
    peer.on('message', (request, from) => {
      requests += 1;
      if (requests === 1) peer.send(echo(request), from.port, from.address);
      // Asked for its table: it holds the only place.
      else inside ??= gate.enter() ?? Promise.resolve();
    });
    const dut = device(port, { gate });
    const polled = dut.poll(SLOT_MS, [entry(INTERFACES), entry(STORAGE)]);
    const cycle = { over: false };
    void polled.then(() => (cycle.over = true));
    await waitFor(() => inside !== undefined, 5000, 'its table to be asked for');
    await inside;
    expect(cycle.over).toBe(false);
    dut.close();
    await polled;
  });

  test('closed under way: nothing more is recorded of it, no false silence', async () => {
    peer.removeAllListeners();
    const asked = transport.sent;
    const dut = device(port);
    const polled = dut.poll(SLOT_MS, [entry(SYSTEM), entry(INTERFACES)]);
    await waitFor(() => transport.sent > asked, 5000, 'it to be asked');
    dut.close();
    expect(await polled).toBe(false);
    expect(read().samples).toEqual([]);
  });

  test('nobody there: one failed snmpRtt each, and no place is taken from those that are walked', async () => {
    peer.removeAllListeners();
    const gate = new Gate(1);
    const startedAt = performance.now();
    const silent = Array.from({ length: 5 }, () =>
      device(port, { gate }).poll(SLOT_MS, [entry(short), entry(INTERFACES)]),
    );
    expect(gate.enter()).toBeUndefined();
    await Promise.all(silent);
    expect(performance.now() - startedAt).toBeLessThan(2400);
    expect(
      read()
        .all('snmpRtt')
        .map(({ code }) => code),
    ).toEqual(Array.from({ length: 5 }, () => PROBE_STATUS.timeout));
  });
});
