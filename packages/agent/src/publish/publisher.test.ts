/** The publisher against a real nats-server: lanes, outages, a fenced name, acknowledgements. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, count, createLog, createMetrics, Pace, Uplink, type Metrics } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { encode, hasValue, openBatch, openBundle, subjects, type RangeSet } from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBuffer, type AgentBuffer } from '../buffer/agent-buffer.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { createPublisher, type Publisher } from './publisher.ts';

const AGENT = 'agent-a';
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const config = { liveInFlight: 4, backlogInFlight: 2, backlogBytesPerSecond: 50_000_000 };

let nats: TestNats;
let dir: string;
let broker: Broker;
let buffer: AgentBuffer;
let publisher: Publisher;
let metrics: Metrics;
/** What came, by lane, in order of arrival. */
let came: { lane: string; epoch: number; seq: number }[];
/** Messages that held several. */
let bundles: number;
let uplink: Uplink;
let maySpeak: boolean;

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.remove());

beforeEach(async () => {
  await nats.kill();
  nats.wipe();
  await nats.start();
  dir = mkdtempSync(join(tmpdir(), 'kaiku-publisher-'));
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  // The plain subscription below would answer for a stream that is not there yet.
  await broker.ensureStreams();
  buffer = openBuffer({ dir, agent: AGENT });
  metrics = createMetrics();
  uplink = new Uplink({ log, metrics });
  maySpeak = true;
  const pace = new Pace(config.backlogBytesPerSecond, performance.now());
  publisher = createPublisher({
    agent: AGENT,
    buffer,
    config,
    uplink,
    pace,
    maySpeak: () => maySpeak,
    log,
    metrics,
  });
  came = [];
  bundles = 0;
  for (const lane of ['data', 'backlog'] as const) {
    broker.subscribe(subjects[lane](AGENT), (bytes) => {
      const bundle = openBundle(bytes);
      if (bundle.ok) bundles += 1;
      for (const envelope of bundle.ok ? bundle.envelopes : [bytes]) {
        const batch = openBatch(envelope);
        if (batch.ok) came.push({ lane, epoch: batch.header.epoch, seq: batch.header.seq });
      }
    });
  }
});
afterEach(async () => {
  await publisher.stop();
  buffer.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

function attach(): void {
  uplink.attach(broker);
  publisher.attach(broker);
}

function seal(times: number): void {
  for (let index = 0; index < times; index += 1) buffer.seal([gaugeRows(AGENT, 20, index)], META);
}

function acknowledge(logger: string, epoch: number, from: number, to: number, reads = false): void {
  const ack = {
    ...(reads ? { bundles: true } : {}),
    v: 1,
    logger,
    agent: AGENT,
    epoch,
    ranges: [[from, to]] as [number, number][],
    firstMs: 0,
    lastMs: 0,
  } as const;
  broker.publish(subjects.ack(logger, AGENT), encode(ack));
}

const published = (): RangeSet => buffer.published.get(buffer.epoch) ?? [];
const seqs = (lane: string): number[] => came.filter((each) => each.lane === lane).map(({ seq }) => seq);

test('what is sealed with a broker goes live at once, in order', async () => {
  await publisher.start();
  attach();
  seal(3);
  await until('three published', () => count(new Map([[buffer.epoch, published()]])) === 3);
  await until('three came', () => came.length === 3);
  expect(seqs('data')).toEqual([1, 2, 3]);
  expect(seqs('backlog')).toEqual([]);
});

test('more than may be in flight waits its turn and still goes live', async () => {
  await publisher.start();
  attach();
  seal(60);
  await until('all published', () => hasValue(published(), 60) && published().length === 1);
  await until('all came', () => came.length >= 60);
  expect(seqs('data').length).toBe(60);
});

test('what was sealed before goes in the backlog lane, newest first', async () => {
  seal(40);
  await publisher.start();
  attach();
  await until('all published', () => count(new Map([[buffer.epoch, published()]])) === 40);
  await until('all came', () => came.length === 40);
  expect(seqs('data')).toEqual([]);
  expect(seqs('backlog').toSorted((a, b) => b - a)).toEqual(Array.from({ length: 40 }, (_, index) => 40 - index));
  expect(seqs('backlog')[0]).toBeGreaterThanOrEqual(39);
});

test('bundles when every logger reads them, single batches as soon as one does not', async () => {
  await publisher.start();
  publisher.attach(broker);
  acknowledge('logger-1', 1, 1, 1, true);
  await until('heard', () => buffer.loggers.has('logger-1'));
  buffer.bulk(() => seal(500));
  uplink.attach(broker);
  await until('all published', () => published()[0]?.[1] === 500 && published().length === 1);
  await until('all came', () => came.length === 500);
  expect(bundles).toBeGreaterThan(1);
  expect(new Set(seqs('backlog')).size).toBe(500);
  const before = bundles;
  maySpeak = false;
  acknowledge('logger-2', 1, 1, 1);
  await until('heard of the other', () => buffer.loggers.has('logger-2'));
  buffer.bulk(() => seal(50));
  maySpeak = true;
  await until('the others came', () => came.length === 550);
  expect(bundles).toBe(before);
});

test('live goes ahead of a large backlog', async () => {
  buffer.bulk(() => seal(500));
  await publisher.start();
  attach();
  await until('the backlog flows', () => seqs('backlog').length > 5);
  const before = seqs('backlog').length;
  seal(1);
  await until('the live one came', () => seqs('data').length === 1);
  expect(seqs('backlog').length - before).toBeLessThan(50);
});

test('an outage: what is sealed meanwhile comes afterwards, nothing is lost', async () => {
  await publisher.start();
  attach();
  seal(2);
  await until('first two', () => count(new Map([[buffer.epoch, published()]])) === 2);
  await nats.kill();
  seal(5);
  await until('noticed', () => !broker.connected);
  seal(5);
  expect(count(new Map([[buffer.epoch, published()]]))).toBe(2);
  await nats.start();
  await until('all twelve', () => hasValue(published(), 12) && published().length === 1, 20_000);
});

test('nothing leaves while another instance speaks under this name; afterwards all of it', async () => {
  maySpeak = false;
  await publisher.start();
  attach();
  seal(5);
  await until('looked at twice', () => (metrics.figures()['unpublishedBatches'] ?? 0) === 5);
  expect(published()).toEqual([]);
  maySpeak = true;
  await until('all published', () => hasValue(published(), 5) && published().length === 1);
});

test('acknowledgements are kept per logger; foreign and broken ones are counted and ignored', async () => {
  await publisher.start();
  attach();
  seal(4);
  acknowledge('logger-1', buffer.epoch, 1, 2);
  acknowledge('logger-2', buffer.epoch, 3, 4);
  broker.publish(subjects.ack('logger-3', AGENT), Buffer.from('{"v":1}'));
  await until('heard', () => metrics.figures()['badAcks'] === 1);
  expect(buffer.loggers.get('logger-1')?.epochs.get(buffer.epoch)).toEqual([[1, 2]]);
  expect(buffer.loggers.get('logger-2')?.epochs.get(buffer.epoch)).toEqual([[3, 4]]);
  expect(buffer.loggers.has('logger-3')).toBe(false);
});
