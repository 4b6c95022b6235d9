/** The publisher against a real nats-server: lanes, outages, wiped brokers, acknowledgements. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Broker, createLog, createMetrics, type Metrics } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { addRange, encode, hasValue, openBatch, subjects, type RangeSet } from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBuffer, type AgentBuffer } from '../buffer/agent-buffer.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { common, count, newest, subtract } from './choose.ts';
import { Pace } from './pace.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { lookAt, SETTLE_MS } from './resend.ts';

const AGENT = 'agent-a';
const PORT = 20210;
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
let nowMs: number;

beforeAll(async () => {
  nats = await startNats(PORT);
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
  nowMs = Date.now();
  buffer = openBuffer({ dir, agent: AGENT, now: () => nowMs });
  metrics = createMetrics();
  publisher = createPublisher({ agent: AGENT, buffer, config, log, metrics, now: () => nowMs });
  came = [];
  for (const lane of ['data', 'backlog'] as const) {
    broker.subscribe(subjects[lane](AGENT), (bytes) => {
      const batch = openBatch(bytes);
      if (batch.ok) came.push({ lane, epoch: batch.header.epoch, seq: batch.header.seq });
    });
  }
});
afterEach(async () => {
  await publisher.stop();
  buffer.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

function seal(times: number): void {
  for (let index = 0; index < times; index += 1) buffer.seal([gaugeRows(AGENT, 20, index)], META);
}

function acknowledge(logger: string, epoch: number, from: number, to: number): void {
  const ack = {
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
  publisher.attach(broker);
  seal(3);
  await until('three published', () => count(new Map([[buffer.epoch, published()]])) === 3);
  await until('three came', () => came.length === 3);
  expect(seqs('data')).toEqual([1, 2, 3]);
  expect(seqs('backlog')).toEqual([]);
});

test('more than may be in flight waits its turn and still goes live', async () => {
  await publisher.start();
  publisher.attach(broker);
  seal(60);
  await until('all published', () => hasValue(published(), 60) && published().length === 1);
  await until('all came', () => came.length >= 60);
  expect(seqs('data').length).toBe(60);
});

test('what was sealed before goes in the backlog lane, newest first', async () => {
  seal(40);
  await publisher.start();
  publisher.attach(broker);
  await until('all published', () => count(new Map([[buffer.epoch, published()]])) === 40);
  await until('all came', () => came.length === 40);
  expect(seqs('data')).toEqual([]);
  expect(seqs('backlog').toSorted((a, b) => b - a)).toEqual(Array.from({ length: 40 }, (_, index) => 40 - index));
  expect(seqs('backlog')[0]).toBeGreaterThanOrEqual(39);
});

test('live goes ahead of a large backlog', async () => {
  buffer.bulk(() => seal(500));
  await publisher.start();
  publisher.attach(broker);
  await until('the backlog flows', () => seqs('backlog').length > 5);
  const before = seqs('backlog').length;
  seal(1);
  await until('the live one came', () => seqs('data').length === 1);
  expect(seqs('backlog').length - before).toBeLessThan(50);
});

test('an outage: what is sealed meanwhile comes afterwards, nothing is lost', async () => {
  await publisher.start();
  publisher.attach(broker);
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

test('a wiped broker: what no logger had acknowledged is sent again', async () => {
  await publisher.start();
  publisher.attach(broker);
  seal(6);
  await until('published', () => published().length === 1 && hasValue(published(), 6));
  acknowledge('logger-1', buffer.epoch, 1, 3);
  await until('acknowledged', () => buffer.loggers.size === 1);
  // The broker is gone with 4 to 6 in it. The logger goes on with what is new.
  await nats.kill();
  nats.wipe();
  await nats.start();
  await until('reconnected', () => broker.connected);
  await broker.ensureStreams();
  came = [];
  let acked = 6;
  await until(
    'sent again',
    () => {
      nowMs += 3000;
      seal(1);
      if (hasValue(published(), acked + 1)) {
        acked += 1;
        acknowledge('logger-1', buffer.epoch, acked, acked);
      }
      return [4, 5, 6].every((seq) => seqs('backlog').includes(seq));
    },
    30_000,
  );
  expect(seqs('backlog')).not.toContain(2);
  expect(metrics.figures()['resentBatches']).toBeGreaterThanOrEqual(3);
}, 40_000);

test('acknowledgements are kept per logger; foreign and broken ones are counted and ignored', async () => {
  await publisher.start();
  publisher.attach(broker);
  seal(4);
  acknowledge('logger-1', buffer.epoch, 1, 2);
  acknowledge('logger-2', buffer.epoch, 3, 4);
  broker.publish(subjects.ack('logger-3', AGENT), Buffer.from('{"v":1}'));
  await until('heard', () => metrics.figures()['badAcks'] === 1);
  expect(buffer.loggers.get('logger-1')?.epochs.get(buffer.epoch)).toEqual([[1, 2]]);
  expect(buffer.loggers.get('logger-2')?.epochs.get(buffer.epoch)).toEqual([[3, 4]]);
  expect(buffer.loggers.has('logger-3')).toBe(false);
});

describe('choosing', () => {
  const set = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })), { maxLength: 40 })
    .map((keys) => {
      const out = new Map<number, RangeSet>();
      for (const [epoch, seq] of keys) out.set(epoch, addRange(out.get(epoch) ?? [], seq));
      return out;
    });
  const members = (ranges: ReadonlyMap<number, RangeSet>): string[] =>
    [...ranges].flatMap(([epoch, list]) =>
      list.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => `${epoch}/${from + at}`)),
    );

  test('sets subtract and intersect as sets do', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const inB = new Set(members(b));
        expect(members(subtract(a, b)).toSorted()).toEqual(
          members(a)
            .filter((each) => !inB.has(each))
            .toSorted(),
        );
        expect(members(common(a, b)).toSorted()).toEqual(
          members(a)
            .filter((each) => inB.has(each))
            .toSorted(),
        );
        expect(count(a)).toBe(members(a).length);
      }),
    );
  });

  test('newest first: by epoch, then by number', () => {
    fc.assert(
      fc.property(set, fc.nat(50), (ranges, limit) => {
        const order = newest(ranges, limit).map(({ epoch, seq }) => epoch * 1000 + seq);
        expect(order).toEqual(order.toSorted((a, b) => b - a));
        expect(order.length).toBe(Math.min(limit, count(ranges)));
      }),
    );
  });

  test('pace: never more than a second’s burst and the rate', () => {
    const pace = new Pace(1000, 0);
    let sent = 0;
    for (let at = 0; at <= 10_000; at += 7) {
      while (pace.waitMs(at) === 0) {
        pace.spend(400);
        sent += 400;
      }
    }
    expect(sent).toBeGreaterThan(10_000);
    expect(sent).toBeLessThanOrEqual(11_500);
  });
});

describe('sending again', () => {
  const ranges = (from: number, to: number): Map<number, RangeSet> => new Map([[7, [[from, to]]]]);

  test('a logger that catches up is left alone; one that lives but gets nothing more is sent what it lacks', () => {
    let watch = lookAt({
      acked: ranges(1, 10),
      lastAckMs: 0,
      settled: ranges(1, 100),
      nowMs: 0,
      before: undefined,
    }).watch;
    for (let at = 0; at < 10; at += 1) {
      const now = at * SETTLE_MS;
      const look = lookAt({
        acked: ranges(1, 20 + at),
        lastAckMs: now,
        settled: ranges(1, 100),
        nowMs: now,
        before: watch,
      });
      expect(count(look.resend)).toBe(0);
      ({ watch } = look);
    }
    const stalled = lookAt({
      acked: ranges(1, 29),
      lastAckMs: 10 * SETTLE_MS,
      settled: ranges(1, 100),
      nowMs: 10 * SETTLE_MS,
      before: watch,
    });
    expect(stalled.resend.get(7)).toEqual([[30, 100]]);
  });

  test('a logger that is away is waited for', () => {
    const { watch } = lookAt({ acked: ranges(1, 1), lastAckMs: 0, settled: ranges(1, 9), nowMs: 0, before: undefined });
    const later = { acked: ranges(1, 1), lastAckMs: 0, settled: ranges(1, 9), nowMs: 5 * SETTLE_MS, before: watch };
    expect(count(lookAt(later).resend)).toBe(0);
  });
});
