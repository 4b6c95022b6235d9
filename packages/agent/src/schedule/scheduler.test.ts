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

test('never two runs of one lane at once: the slots in between are missed', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const scheduler = createScheduler({
    name: 's',
    maxRunning: 10,
    log,
    run: async () => {
      runs += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 2500));
      running -= 1;
    },
  });
  scheduler.setLanes(lanes(1));
  await scheduler.start();
  await vi.advanceTimersByTimeAsync(9000);
  expect(most).toBe(1);
  expect(runs).toBe(3);
  expect(scheduler.takeMissed()).toBe(6);
  expect(scheduler.takeMissed()).toBe(0);
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
