import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '@kaiku/core';
import { createScheduler } from './scheduler.ts';
import type { Due, LaneCheck, LanePlan } from './lane.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const lanes = (count: number, everyMs = 1000): LanePlan[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `lane-${index}`,
    target: `t-${index}`,
    checks: [{ key: 'a', everyMs }],
  }));

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

test('runs each lane once a slot, at the slot', async () => {
  const runs: { id: string; late: number }[] = [];
  const scheduler = createScheduler({
    name: 's',
    maxRunning: 10,
    log,
    run: (lane: LanePlan, due: Due) => {
      runs.push({ id: lane.id, late: Date.now() - due.slotMs });
      return Promise.resolve();
    },
  });
  scheduler.setLanes(lanes(5));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(runs).toHaveLength(50);
  expect(Math.max(...runs.map(({ late }) => late))).toBe(0);
  expect(scheduler.takeMissed()).toBe(0);
  await scheduler.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(runs).toHaveLength(50);
});

const runsOf = (lengthMs: number) => {
  const seen = { running: 0, most: 0, runs: 0, lateMs: 0 };
  const run = async (_lane: LanePlan, due: Due): Promise<void> => {
    seen.runs += 1;
    seen.lateMs = Math.max(seen.lateMs, Date.now() - due.slotMs);
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await new Promise((done) => setTimeout(done, lengthMs));
    seen.running -= 1;
  };
  return { seen, run };
};

test('never two runs of one lane at once: slots that pass meanwhile are missed', async () => {
  const { seen, run } = runsOf(2700);
  const scheduler = createScheduler({ name: 's', maxRunning: 10, log, run });
  scheduler.setLanes(lanes(1));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(9000);
  expect(seen.most).toBe(1);
  // At 0, 3 and 6 s: the slots of 2 and 5 s are too late when the lane is free; that of 8 s still waits.
  expect(seen.runs).toBe(3);
  expect(scheduler.takeMissed()).toBe(5);
  expect(scheduler.takeMissed()).toBe(0);
});

test('a run that ends a little after the next slot costs none: the slot waits for it', async () => {
  const { seen, run } = runsOf(1050);
  const scheduler = createScheduler({ name: 's', maxRunning: 10, log, run });
  scheduler.setLanes(lanes(1));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(8500);
  expect(seen).toMatchObject({ most: 1, runs: 8 });
  expect(seen.lateMs).toBeLessThanOrEqual(500);
  expect(scheduler.takeMissed()).toBe(0);
});

test('a lane that is removed while a slot waits runs no more', async () => {
  const { seen, run } = runsOf(1300);
  const scheduler = createScheduler({ name: 's', maxRunning: 10, log, run });
  scheduler.setLanes(lanes(1));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(2000);
  const { runs } = seen;
  scheduler.setLanes([]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(seen.runs).toBe(runs);
});

test('at most maxRunning at once, the others wait; a run that fails does not stop its lane', async () => {
  let running = 0;
  let most = 0;
  const seen = new Set<string>();
  const scheduler = createScheduler<LaneCheck>({
    name: 's',
    maxRunning: 3,
    log,
    run: async ({ id }) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 300));
      running -= 1;
      seen.add(id);
      throw new Error('a poll that breaks its promise');
    },
  });
  scheduler.setLanes(lanes(12, 5000));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(most).toBeLessThanOrEqual(3);
  expect(seen.size).toBe(12);
});

test('a slot that waited too long for its turn is missed, not made up for, and its lane goes on', async () => {
  const { seen, run } = runsOf(700);
  const scheduler = createScheduler({ name: 's', maxRunning: 1, log, run });
  scheduler.setLanes(lanes(4));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(seen.lateMs).toBeLessThanOrEqual(500);
  expect(seen.runs).toBeGreaterThan(20);
  const missed = scheduler.takeMissed();
  // 80 slots: run, missed, or still waiting.
  expect(seen.runs + missed).toBeGreaterThanOrEqual(80 - 8);
  expect(seen.runs + missed).toBeLessThanOrEqual(80 + 1);
});

test('a clock set back: slots begin anew instead of waiting for the old time', async () => {
  let runs = 0;
  const scheduler = createScheduler({
    name: 's',
    maxRunning: 3,
    log,
    run: () => {
      runs += 1;
      return Promise.resolve();
    },
  });
  scheduler.setLanes(lanes(1));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(3000);
  const before = runs;
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(runs).toBeGreaterThanOrEqual(before + 3);
});
