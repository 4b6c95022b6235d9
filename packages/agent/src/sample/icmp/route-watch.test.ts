/** Routes over the agent's lives: what is on the disk is compared with, and nothing is traced for the sake of a restart. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { expect, test } from 'vitest';
import { sampleReader } from '../../testing/samples.ts';
import { scriptedProber } from '../../testing/scripted-prober.ts';
import { Collector } from '../collector.ts';
import { RouteWatch } from './route-watch.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const HOUR_MS = 3_600_000;

/** One life of an agent with one target, whose bursts arrive. */
async function live(file: string, routers: readonly string[], atMs: number, address = '192.0.2.9') {
  const collector = new Collector('agent-a');
  const read = sampleReader(collector);
  const events: string[] = [];
  collector.event = ({ name, message }) => void events.push(`${name}: ${message}`);
  const prober = scriptedProber(() => ({
    from: [...routers, null],
    fates: [...routers, 'target'].map(() => 'ok' as const),
  }));
  const routes = new RouteWatch({ collector, prober, log, file, now: () => atMs });
  routes.keep(new Set(['server']));
  await routes.memory.start();
  const burst = await prober.burst({ address, packets: 1, spacingMs: 1, timeoutMs: 1 });
  prober.orders.length = 0;
  if (burst !== undefined) routes.watch('server')({ ...burst, hopLimit: 60, address, slotMs: atMs });
  if (prober.orders.length > 0) await until('the trace is read', () => !collector.empty);
  await routes.memory.stop();
  return { traces: prober.orders.length, facts: read().facts, events };
}

test('a restart neither traces anew nor forgets the route it compares with', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kaiku-routes-'));
  const file = join(dir, 'agent', 'icmp-routes.json');
  const first = await live(file, ['a', 'b'], HOUR_MS);
  expect(first).toEqual({ traces: 1, facts: ['server route =a b 192.0.2.9'], events: [] });
  expect(await live(file, ['a', 'b'], 2 * HOUR_MS)).toEqual({ traces: 0, facts: [], events: [] });
  // A life too short for any burst loses nothing.
  const idle = new RouteWatch({ collector: new Collector('a'), prober: scriptedProber(() => undefined), log, file });
  await idle.memory.start();
  await idle.memory.stop();

  const later = await live(file, ['a', 'c'], 8 * HOUR_MS);
  expect(later.events).toEqual(['routeChanged: another way to 192.0.2.9: a c 192.0.2.9, before a b 192.0.2.9']);
  // Under another address it is another target.
  expect(await live(file, ['a', 'd'], 9 * HOUR_MS, '192.0.2.10')).toMatchObject({ traces: 1, events: [] });
  await rm(dir, { recursive: true });
});

test('a file that is damaged or holds what is no longer measured is no harm', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kaiku-routes-'));
  const file = join(dir, 'icmp-routes.json');
  for (const text of ['', '{"v":2,"entries":{}}', '{"v":1,"entries":{"server":{"route":7},"gone":{}}}']) {
    await writeFile(file, text);
    expect(await live(file, ['a'], HOUR_MS)).toMatchObject({ traces: 1, events: [] });
    expect(Object.keys((JSON.parse(await readFile(file, 'utf8')) as { entries: object }).entries)).toEqual(['server']);
  }
  await rm(dir, { recursive: true });
});
