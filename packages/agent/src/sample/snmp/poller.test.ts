/** The poller as the agent's wiring sees it: slots, polls beside them, and what it remembers across restarts. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentPlan } from '@kaiku/catalog';
import { createLog, createMetrics } from '@kaiku/core';
import { PROBE_STATUS, VERDICT } from '@kaiku/protocol';
import { createSnmpAgent, MibBuilder, tempDir, waitFor } from '@kaiku/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleReader } from '../../testing/samples.ts';
import { Collector } from '../collector.ts';
import { createSnmpPoller, type SnmpPoller } from './poller.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';
const IF_STATUS = '1.3.6.1.2.1.2.2.1.8';
const IF_IN_OCTETS = '1.3.6.1.2.1.31.1.1.1.6';

let folder: Awaited<ReturnType<typeof tempDir>>;
let peer: Socket;
let asked = 0;
const pollers: SnmpPoller[] = [];

beforeEach(async () => {
  folder = await tempDir('poller');
  const mib = new MibBuilder();
  mib.number('1.3.6.1.2.1.1.3', 0, 'ticks', () => Math.round(performance.now() / 10));
  mib.text(IF_NAME, 7, 'octets', 'uplink');
  mib.number(IF_STATUS, 7, 'integer', 1);
  mib.number(IF_IN_OCTETS, 7, 'counter64', () => Math.round(performance.now()));
  const built = mib.build();
  const [agent, renamed] = ['public', 'other'].map((community) =>
    createSnmpAgent({ mib: built, community, maxMessageBytes: 1472 }),
  );
  asked = 0;
  peer = createSocket('udp4');
  peer.on('message', (request, from) => {
    asked += 1;
    const answer = agent?.answer(request, 0) ?? renamed?.answer(request, 0);
    if (answer !== undefined) peer.send(answer, from.port, from.address);
  });
  await new Promise<void>((done) => peer.bind(0, '127.0.0.1', done));
});
afterEach(async () => {
  for (const poller of pollers.splice(0)) await stop(poller);
  peer.close();
  await folder.remove();
});

function plan(everyMs: number, community = 'public'): AgentPlan {
  const snmp = { version: '2c' as const, port: peer.address().port, community };
  const octets = { name: 'ifHCInOctets', kind: 'counter' as const, oid: IF_IN_OCTETS, bits: 64 as const, scale: 1 };
  const status = { name: 'ifOperStatus', kind: 'gauge' as const, oid: IF_STATUS, bits: 64 as const, scale: 1 };
  const table = { table: 'ifTable', everyMs, nameOids: [IF_NAME], metrics: [status, octets], facts: [] };
  const targets = [{ entity: 'dut', address: '127.0.0.1', snmp, checks: [{ check: 'snmp-table' as const, ...table }] }];
  return { v: 2, agent: 'agent-a', revision: 1, targets, paths: [] };
}

interface Running {
  readonly poller: SnmpPoller;
  readonly read: ReturnType<typeof sampleReader>;
  readonly collector: Collector;
}

async function start(everyMs: number): Promise<Running> {
  const collector = new Collector('agent-a');
  const poller = createSnmpPoller({
    collector,
    inFlight: 10,
    maxRequestsPerSecond: 50,
    profileFile: join(folder.path, 'snmp-profiles.json'),
    metrics: createMetrics(),
    log,
  });
  pollers.push(poller);
  for (const part of poller.parts) await part.start();
  poller.apply(plan(everyMs));
  return { poller, collector, read: sampleReader(collector) };
}

async function stop(poller: SnmpPoller): Promise<void> {
  for (const part of poller.parts.toReversed()) await part.stop();
}

test('polls in its slots and remembers what it learnt, whole, in one file', async () => {
  const { poller } = await start(200);
  await waitFor(() => asked > 8, 5000, 'a few cycles');
  await stop(poller);
  const kept = JSON.parse(await readFile(join(folder.path, 'snmp-profiles.json'), 'utf8')) as {
    v: number;
    devices: { dut: { identity: string; smoothedMs: number; wholeWalks: number } };
  };
  expect(kept.v).toBe(1);
  expect(kept.devices.dut.identity).toBe(`127.0.0.1#${peer.address().port}#2c`);
  expect(kept.devices.dut.wholeWalks).toBeGreaterThan(0);
  const again = await start(60_000);
  await stop(again.poller);
  const later = await readFile(join(folder.path, 'snmp-profiles.json'), 'utf8');
  expect(JSON.parse(later)).toEqual(kept);
});

test('a damaged memory is begun anew', async () => {
  const file = join(folder.path, 'snmp-profiles.json');
  for (const damaged of ['', '{"v":1,"devices":{"dut":{"identity":7}}}', '{"v":9}', '\u0000\u0001']) {
    await writeFile(file, damaged);
    const { poller } = await start(60_000);
    await stop(poller);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ v: 1 });
  }
});

test('a poll beside the slots comes at once, and more of them only after a rest', async () => {
  const { poller, read } = await start(3_600_000);
  expect(poller.pollSoon('nobody')).toBe(false);
  expect(poller.pollSoon('dut')).toBe(true);
  poller.pollSoon('dut');
  poller.pollSoon('dut');
  await waitFor(() => asked > 0, 1000, 'the device to be asked');
  await delay(100);
  expect(asked).toBe(1);
  expect(read().get('dut ifOperStatus uplink')).toMatchObject({ value: 1, code: PROBE_STATUS.ok });
  expect(poller.dropBaselines('dut')).toBe(true);
  expect(poller.dropBaselines('nobody')).toBe(false);
});

test('another community is the same device: its counters go on', async () => {
  const { poller, read } = await start(200);
  const verdict = (): number | undefined => read().get('dut ifHCInOctets uplink')?.code;
  await waitFor(() => verdict() === VERDICT.ok, 5000, 'a step');
  poller.apply(plan(200, 'other'));
  const before = asked;
  const seen = new Set<number | undefined>();
  await waitFor(
    () => {
      seen.add(verdict());
      return asked > before + 8;
    },
    5000,
    'cycles with the new community',
  );
  seen.delete(undefined);
  expect([...seen]).toEqual([VERDICT.ok]);
});

test('what is read once an hour is read at the first meeting, too', async () => {
  const { poller, collector } = await start(200);
  const [target] = plan(200).targets;
  if (target === undefined) throw new Error('no target');
  const names = { check: 'snmp-table' as const, table: 'names', everyMs: 3_600_000, nameOids: [IF_NAME], metrics: [] };
  const seldom = { ...names, facts: [{ name: 'ifName', oid: IF_NAME }] };
  const fresh = { ...target, entity: 'dut-2', checks: [...target.checks, seldom] };
  poller.apply({ ...plan(200), targets: [target, fresh] });
  const known = (): unknown => [...collector.facts()].find((fact) => fact.entity === 'dut-2')?.value;
  await waitFor(() => known() !== undefined, 5000, 'the fact');
  expect(known()).toBe('uplink');
});
