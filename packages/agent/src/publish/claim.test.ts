/** The name: asked for over a real nats-server, refused, freed; and the clock that comes with the answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, createLog, createMetrics, type Metrics } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { claimRequestSchema, decode, encode, subjects } from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBuffer, type AgentBuffer } from '../buffer/agent-buffer.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { createClaim, type Claim } from './claim.ts';
import { ClockOffset } from './claim-state.ts';

const AGENT = 'agent-a';
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });

let nats: TestNats;
let dir: string;
let broker: Broker;
let buffer: AgentBuffer;
let metrics: Metrics;
let claim: Claim;
let changes: string[];

const openClaim = (): Claim =>
  createClaim({ agent: AGENT, buffer, onChange: (state) => void changes.push(state), log, metrics, everyMs: 50 });

/** A logger that answers as told; it hears who asks. */
function logger(granted: () => boolean, aheadMs = 0, renewedMs = Date.now): { asked: number; stop: () => void } {
  const heard = { asked: 0, stop: () => subscription.stop() };
  const subscription = broker.subscribe(subjects.claimAll, (bytes, _, reply) => {
    const request = decode(claimRequestSchema, bytes);
    if (request?.instance !== buffer.instance) return;
    heard.asked += 1;
    const atMs = Date.now() + aheadMs;
    const holder = granted() ? request.instance : 'ffffffffffffffff';
    reply?.(encode({ v: 1, granted: granted(), holder, sinceMs: 1, renewedMs: renewedMs(), atMs }));
  });
  return heard;
}

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.remove());
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-claim-'));
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  buffer = openBuffer({ dir, agent: AGENT });
  metrics = createMetrics();
  changes = [];
  claim = openClaim();
});
afterEach(async () => {
  await claim.stop();
  buffer.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

test('nobody answers: it speaks, and goes on speaking', async () => {
  expect(claim.state).toBe('asking');
  await claim.start();
  claim.attach(broker);
  await until('asked', () => (metrics.figures()['claims_unanswered'] ?? 0) >= 2);
  expect(claim.state).toBe('speaking');
  expect(buffer.contested).toBe(false);
});

test('refused: fenced, in an epoch of which nothing leaves; free again: a new epoch', async () => {
  let free = true;
  const centre = logger(() => free);
  await claim.start();
  claim.attach(broker);
  await until('granted', () => claim.state === 'speaking');
  const first = buffer.epoch;
  buffer.seal([gaugeRows(AGENT, 3, 1)], META);
  free = false;
  await until('fenced', () => claim.state === 'fenced');
  const contested = buffer.epoch;
  expect(contested).toBeGreaterThan(first);
  buffer.seal([gaugeRows(AGENT, 3, 2)], META);
  expect([...buffer.stored().keys()]).toEqual([first]);
  expect(metrics.figures()['fenced']).toBe(1);

  // All loggers gone: it stays fenced, also after a restart.
  centre.stop();
  await until('unanswered', () => (metrics.figures()['claims_unanswered'] ?? 0) >= 2);
  expect(claim.state).toBe('fenced');
  await claim.stop();
  buffer.close();
  buffer = openBuffer({ dir, agent: AGENT });
  claim = openClaim();
  expect(claim.state).toBe('fenced');

  logger(() => true);
  await claim.start();
  claim.attach(broker);
  await until('free', () => claim.state === 'speaking');
  expect(buffer.epoch).toBeGreaterThan(contested);
  expect(buffer.contested).toBe(false);
  expect(changes).toEqual(['speaking', 'waiting', 'fenced', 'speaking']);
  const inventory = buffer.inventory().find(({ epoch }) => epoch === contested);
  expect(inventory).toMatchObject({ held: [], waiting: [], lost: [{ reason: 'contested', ranges: [[1, 1]] }] });
});

test('a holder that stays silent (this agent before its buffer was replaced): nothing is lost by waiting for it', async () => {
  let free = false;
  logger(
    () => free,
    0,
    () => 1000,
  );
  await claim.start();
  claim.attach(broker);
  await until('waiting', () => claim.state === 'waiting');
  buffer.seal([gaugeRows(AGENT, 3, 2)], META);
  const { epoch } = buffer;
  expect([...buffer.stored().keys()]).toEqual([]);
  expect(metrics.figures()['fenced']).toBe(0);
  await until('refused again', () => (metrics.figures()['claims_refused'] ?? 0) >= 3);
  expect(claim.state).toBe('waiting');

  // Killed while it waits: it waits on, and keeps what it kept back.
  await claim.stop();
  buffer.close();
  buffer = openBuffer({ dir, agent: AGENT });
  claim = openClaim();
  expect(claim.state).toBe('waiting');
  expect(buffer.epoch).toBe(epoch);
  expect([...buffer.stored().keys()]).toEqual([]);
  await claim.start();
  claim.attach(broker);
  free = true;
  await until('free', () => claim.state === 'speaking');
  expect(buffer.epoch).toBe(epoch);
  expect(buffer.inventory().find((each) => each.epoch === epoch)).toMatchObject({
    held: [[1, 1]],
    waiting: [[1, 1]],
    lost: [],
  });
});

test('the answer tells how wrong this clock is', async () => {
  logger(() => true, -5000);
  await claim.start();
  claim.attach(broker);
  await until('told', () => claim.clockOffsetMs !== null);
  expect(claim.clockOffsetMs).toBeLessThan(-3000);
  expect(claim.clockOffsetMs).toBeGreaterThan(-7000);
});

describe('the clock', () => {
  test('the median of a few: one odd answer, or a slow one, changes nothing', () => {
    const clock = new ClockOffset();
    expect(clock.offsetMs).toBeNull();
    for (const offset of [100, 110, 90, 5000, 105]) clock.note({ atMs: 1_000_000 + offset }, 1_000_000 - 5, 10);
    expect(clock.offsetMs).toBe(105);
    clock.note({ atMs: 0 }, 1_000_000, 2500);
    expect(clock.offsetMs).toBe(105);
    clock.reset();
    expect(clock.offsetMs).toBeNull();
  });
});
