/** When packing waits for what is more urgent, and for how long. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, createMetrics } from '@kaiku/core';
import { createCompactor } from './compactor.ts';

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('waits while the centre is being caught up with, but not for more than an hour', async () => {
  let steps = 0;
  let busy = true;
  const compactor = createCompactor({
    buffer: {
      compact: () => {
        steps += 1;
        return Promise.resolve(undefined);
      },
      endCompaction: () => Promise.resolve(),
    },
    busy: () => busy,
    log: createLog({ role: 'agent', name: 'test', level: 'fatal' }),
    metrics: createMetrics(),
  });
  await compactor.start();
  await vi.advanceTimersByTimeAsync(59 * MINUTE_MS);
  expect(steps).toBe(0);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(steps).toBe(1);
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(steps).toBe(1);
  busy = false;
  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
  expect(steps).toBe(4);
  await compactor.stop();
});
