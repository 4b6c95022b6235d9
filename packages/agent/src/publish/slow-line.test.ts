/** The publisher and the responder over 64 kbit/s with losses: everything arrives, live first, and hardly anything twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, count, createLog, createMetrics, Pace, Uplink } from '@kaiku/core';
import { freePort, startNats, until, type TestNats } from '@kaiku/core/testing';
import { openBatch, subjects } from '@kaiku/protocol';
import { startProxy, type Proxy } from '@kaiku/testkit/faults';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBuffer, type AgentBuffer } from '../buffer/agent-buffer.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { createPublisher } from './publisher.ts';

const AGENT = 'agent-a';
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const config = { liveInFlight: 16, backlogInFlight: 4, backlogBytesPerSecond: 16_000_000 };

let nats: TestNats;
let proxy: Proxy;
let dir: string;
let near: Broker;
let far: Broker;
let buffer: AgentBuffer;

beforeAll(async () => {
  nats = await startNats();
  proxy = await startProxy(await freePort(), { port: Number(new URL(nats.url).port) });
  dir = mkdtempSync(join(tmpdir(), 'kaiku-c-slow-'));
  buffer = openBuffer({ dir, agent: AGENT });
  near = await Broker.connect({ url: nats.url, name: 'near', log });
  await near.ensureStreams();
  far = await Broker.connect({ url: `nats://127.0.0.1:${proxy.port}`, name: 'far', log });
}, 30_000);
afterAll(async () => {
  proxy.set({});
  await far.close();
  await near.close();
  await proxy.close();
  await nats.remove();
  buffer.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a backlog behind live data over 64 kbit/s', async () => {
  const came: { lane: string; seq: number }[] = [];
  for (const lane of ['data', 'backlog'] as const) {
    near.subscribe(subjects[lane](AGENT), (bytes) => {
      const batch = openBatch(bytes);
      if (batch.ok) came.push({ lane, seq: batch.header.seq });
    });
  }
  const seal = (): void => void buffer.seal([gaugeRows(AGENT, 150, buffer.lastSeq * 1000)], META);
  const backlog = 40;
  buffer.bulk(() => {
    for (let index = 0; index < backlog; index += 1) seal();
  });
  proxy.set({ bytesPerSecond: 8000, delayMs: 60, stall: { chance: 0.02, ms: 400 } });
  const metrics = createMetrics();
  const uplink = new Uplink({ log, metrics });
  const pace = new Pace(config.backlogBytesPerSecond, performance.now());
  const maySpeak = (): boolean => true;
  const publisher = createPublisher({ agent: AGENT, buffer, config, uplink, pace, maySpeak, log, metrics });
  await publisher.start();
  uplink.attach(far);
  publisher.attach(far);
  const live = setInterval(seal, 500);
  await until(
    'eight live ones',
    () => new Set(came.filter(({ lane }) => lane === 'data').map(({ seq }) => seq)).size >= 8,
    40_000,
  );
  const backlogThen = came.filter(({ lane }) => lane === 'backlog').length;
  clearInterval(live);
  await until('all of it', () => count(buffer.published) === buffer.lastSeq, 60_000);
  await publisher.stop();
  expect(new Set(came.map(({ seq }) => seq)).size).toBe(buffer.lastSeq);
  expect(came.length - buffer.lastSeq).toBeLessThanOrEqual(3);
  // Live data did not wait for the backlog to end.
  expect(backlogThen).toBeLessThan(backlog);
  expect(far.connected).toBe(true);
}, 110_000);
