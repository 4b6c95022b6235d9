/**
 * The logger against a real broker and a real engine: killed at every step, poisoned, spoofed, flooded
 * with copies, cut off from its store. Whatever happens, in the end each batch is stored once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker, createLog } from '@kaiku/core';
import { freePort, startNats, until, type TestNats } from '@kaiku/core/testing';
import {
  ackMessageSchema,
  addRange,
  agentId,
  countValues,
  decode,
  EMPTY_RANGES,
  healthReportSchema,
  type HealthReport,
  type RangeSet,
} from '@kaiku/protocol';
import { openStore, type Store } from '@kaiku/store';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { gaugeBatch, NOON_MS, type BatchOptions } from './testing/batches.ts';
import { startProgram, startService, type Child } from './testing/children.ts';
import type { CrashPoint } from './testing/crashing-logger.ts';

const NATS_PORT = await freePort();
const STORE_PORT = await freePort();
const HEALTH_PORT = await freePort();
const STORE_URL = `http://127.0.0.1:${STORE_PORT}`;
const CRASHING = new URL('testing/crashing-logger.ts', import.meta.url);
const ROWS = 50;
const HOUR_MS = 3_600_000;

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
let folder: string;
let config: string;
let nats: TestNats;
let broker: Broker;
let store: Store;
let engine: Child;
let logger: Child | undefined;
/** Acknowledged to agents, by agent and epoch. */
const acked = new Map<string, RangeSet>();
let health: HealthReport | undefined;

async function startEngine(): Promise<void> {
  engine = startService('@kaiku/store/main', config, 'store-1');
  await until(`the engine answers: ${engine.tail()}`, () => store.ping(), 30_000);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kaiku-logger-'));
  config = join(folder, 'kaiku.yaml');
  writeFileSync(
    config,
    `version: 1
installation: Test
dataDir: data
broker: { url: nats://127.0.0.1:${NATS_PORT} }
stores: [{ name: store-1, listen: 127.0.0.1:${STORE_PORT} }]
loggers: [{ name: logger-1, store: store-1, health: 127.0.0.1:${HEALTH_PORT}, groupBatches: 8 }]
`,
  );
  nats = await startNats(NATS_PORT);
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  await broker.ensureStreams();
  broker.subscribe('kaiku.ack.>', (bytes) => {
    const ack = decode(ackMessageSchema, bytes);
    for (const [from, to] of ack?.ranges ?? []) {
      const key = `${ack?.agent} ${ack?.epoch}`;
      acked.set(key, addRange(acked.get(key) ?? EMPTY_RANGES, from, to));
    }
  });
  broker.subscribe('kaiku.health.logger.logger-1', (bytes) => {
    health = decode(healthReportSchema, bytes);
  });
  store = openStore({ name: 'store-1', url: STORE_URL, user: 'kaiku', password: '', database: 'kaiku' });
  await startEngine();
}, 60_000);

afterEach(async () => {
  await logger?.kill();
  logger = undefined;
});

afterAll(async () => {
  await store.close();
  await engine.kill();
  await broker.close();
  await nats.remove();
  rmSync(folder, { recursive: true, force: true });
});

const startLogger = (): void => {
  logger = startService('@kaiku/logger/main', config, 'logger-1');
};

async function send(lane: 'data' | 'backlog', options: BatchOptions): Promise<void> {
  await broker.publishStored(
    `kaiku.${lane}.${options.agent ?? 'agent-a'}`,
    gaugeBatch({ rows: ROWS, stepMs: 100, ...options }).bytes,
  );
}

async function rangesOf(agent: string): Promise<RangeSet> {
  const summaries = await store.ledger.summaries();
  return summaries.find((summary) => summary.agent === agent)?.ranges ?? EMPTY_RANGES;
}

/** Distinct samples of an agent, as readers see them. */
async function samplesOf(agent: string): Promise<number> {
  const [row] = await store.query(
    'SELECT toUInt32(uniqExact(series, ts)) AS samples FROM gauge WHERE agent = {agent:UInt64}',
    { agent: agentId(agent).toString() },
  );
  return Number(row?.['samples']);
}

async function settled(): Promise<void> {
  await until(
    `no lag: ${logger?.tail()}`,
    async () =>
      (await broker.consumerLag('data', 'logger-1')) === 0 && (await broker.consumerLag('backlog', 'logger-1')) === 0,
    30_000,
  );
}

describe('a logger on a real engine', () => {
  test('both lanes are stored, recorded, acknowledged and rolled up', async () => {
    startLogger();
    for (let seq = 1; seq <= 20; seq += 1)
      await send(seq % 2 === 0 ? 'data' : 'backlog', { agent: 'agent-lanes', seq });
    await until('all acknowledged', () => acked.get('agent-lanes 1')?.[0]?.[1] === 20, 30_000);
    expect(await rangesOf('agent-lanes')).toEqual([[1, 20]]);
    await settled();
    // While one lane is ahead of the other there are holes, which the next look finds filled.
    await until(
      'a healthy report without gaps',
      () => health?.figures['insertedRows'] === 20 * ROWS && health.figures['gapBatches'] === 0,
      30_000,
    );
    expect(health).toMatchObject({ ready: true, note: '', figures: { lagLive: 0, gapBatches: 0, quarantined: 0 } });
    await until(
      'rolled up',
      () => (health?.figures['rollupHours'] ?? 0) > 0 && health?.figures['dirtyHours'] === 0,
      30_000,
    );
  }, 90_000);

  test.each<CrashPoint>(['insert', 'inserted', 'recorded', 'acknowledged'])(
    'killed at "%s": after a restart every batch is stored once, recorded and acknowledged',
    async (at) => {
      const agent = `agent-${at}`;
      for (let seq = 1; seq <= 12; seq += 1) await send('data', { agent, seq, value: seq });
      const doomed = startProgram(CRASHING, [nats.url, STORE_URL, at]);
      await until(`killed itself: ${doomed.tail()}`, () => doomed.process.signalCode === 'SIGKILL', 20_000);
      const restartedMs = performance.now();
      startLogger();
      await until(`all recorded: ${logger?.tail()}`, async () => countValues(await rangesOf(agent)) === 12, 30_000);
      await settled();
      // What the dead one had in its hands comes at once, not after the broker's patience of a minute.
      expect(performance.now() - restartedMs).toBeLessThan(50_000);
      await until('all acknowledged', () => countValues(acked.get(`${agent} 1`) ?? EMPTY_RANGES) === 12);
      expect(await samplesOf(agent)).toBe(12 * ROWS);
    },
    120_000,
  );

  test('killed at random while batches flow, copies among them: nothing is lost, nothing doubled', async () => {
    const agent = 'agent-random';
    const count = 120;
    const sending = (async () => {
      for (let seq = 1; seq <= count; seq += 1) {
        await send(seq % 3 === 0 ? 'backlog' : 'data', { agent, seq });
        if (seq % 10 === 0) await send('data', { agent, seq: seq - 5 });
        await sleep(30);
      }
    })();
    for (let kills = 0; kills < 3; kills += 1) {
      startLogger();
      await sleep(600 + kills * 350);
      await logger?.kill();
    }
    startLogger();
    await sending;
    await until(`all recorded: ${logger?.tail()}`, async () => countValues(await rangesOf(agent)) === count, 30_000);
    await settled();
    expect(await rangesOf(agent)).toEqual([[1, count]]);
    expect(await samplesOf(agent)).toBe(count * ROWS);
    await until('all acknowledged', () => countValues(acked.get(`${agent} 1`) ?? EMPTY_RANGES) === count);
  }, 90_000);

  test('a spoof, garbage, a changed copy and rows of another agent go to quarantine; the stream goes on', async () => {
    startLogger();
    const before = await store.ledger.quarantined();
    await send('data', { agent: 'agent-good', seq: 1 });
    await until('the first is stored', async () => countValues(await rangesOf('agent-good')) === 1, 20_000);
    await broker.publishStored('kaiku.data.agent-evil', gaugeBatch({ agent: 'agent-good', seq: 2 }).bytes);
    await broker.publishStored('kaiku.data.agent-good', Buffer.from('garbage'));
    await send('data', { agent: 'agent-good', seq: 1, value: 99 });
    await send('data', { agent: 'agent-evil', seq: 1, rowsOf: 'agent-good' });
    await send('data', { agent: 'agent-good', seq: 3 });
    await until(
      `the stream goes on: ${logger?.tail()}`,
      async () => countValues(await rangesOf('agent-good')) === 2,
      20_000,
    );
    await settled();
    expect(await rangesOf('agent-good')).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(await rangesOf('agent-evil')).toEqual([]);
    expect(await store.ledger.quarantined()).toBe(before + 4);
    expect(await samplesOf('agent-good')).toBe(2 * ROWS);
    await until('the gap is counted', () => health?.figures['gapBatches'] === 1, 30_000);
  }, 60_000);

  test('the store is killed under load and comes back: nothing is lost', async () => {
    const agent = 'agent-outage';
    startLogger();
    for (let seq = 1; seq <= 10; seq += 1) await send('data', { agent, seq });
    await until('flows', async () => countValues(await rangesOf(agent)) > 0, 20_000);
    await engine.kill();
    for (let seq = 11; seq <= 40; seq += 1) await send('data', { agent, seq });
    await until('it says what hurts', () => health?.ready === false && health.note.includes('store-1'), 20_000);
    await startEngine();
    await until(`all recorded: ${logger?.tail()}`, async () => countValues(await rangesOf(agent)) === 40, 40_000);
    expect(await samplesOf(agent)).toBe(40 * ROWS);
    await until('it is well again', () => health?.ready === true, 20_000);
    await settled();
  }, 120_000);

  test('the broker is killed and loses its disk: what comes then is stored', async () => {
    const agent = 'agent-wipe';
    startLogger();
    await send('data', { agent, seq: 1 });
    await until('flows', async () => countValues(await rangesOf(agent)) === 1, 20_000);
    await nats.kill();
    nats.wipe();
    await nats.start();
    await until('reconnected', () => broker.connected);
    await send('data', { agent, seq: 2 });
    await until(`stored: ${logger?.tail()}`, async () => countValues(await rangesOf(agent)) === 2, 30_000);
    await settled();
  }, 60_000);

  test('a week of an agent arriving at once is stored and rolled up within seconds', async () => {
    const agent = 'agent-week';
    const weekMs = 7 * 24 * HOUR_MS;
    const fromMs = NOON_MS - weekMs;
    const batches = 84;
    for (let seq = 1; seq <= batches; seq += 1) {
      // Newest first, as an agent sends its backlog: two hours a batch, a sample every 30 s.
      await send('backlog', {
        agent,
        seq: batches + 1 - seq,
        firstMs: fromMs + (batches - seq) * 2 * HOUR_MS,
        rows: 240,
        stepMs: 30_000,
      });
    }
    const startedMs = performance.now();
    startLogger();
    await until(`stored: ${logger?.tail()}`, async () => countValues(await rangesOf(agent)) === batches, 60_000);
    const storedMs = performance.now() - startedMs;
    await until(
      'rolled up',
      () => health?.figures['dirtyHours'] === 0 && (health.figures['rollupHours'] ?? 0) >= 168,
      120_000,
    );
    const rolledMs = performance.now() - startedMs;
    process.stdout.write(`a week: stored after ${storedMs.toFixed(0)} ms, rolled up after ${rolledMs.toFixed(0)} ms\n`);
    expect(await samplesOf(agent)).toBe(batches * 240);
  }, 240_000);
});
