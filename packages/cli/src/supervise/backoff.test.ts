import { expect, test } from 'vitest';
import { afterExit, BACKOFF } from './backoff.ts';

test('doubles from 0.5 s to 15 s', () => {
  const delays = [];
  let failures = 0;
  for (let turn = 0; turn < 8; turn += 1) {
    const next = afterExit(failures, { code: 1, signal: null, ranMs: 100 });
    if (next.action !== 'restart') throw new Error(next.why);
    failures = next.failures;
    delays.push(next.delayMs);
  }
  expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test('a good run of 30 s starts the delays over', () => {
  expect(afterExit(6, { code: 1, signal: null, ranMs: BACKOFF.resetAfterMs })).toEqual({
    action: 'restart',
    failures: 1,
    delayMs: 500,
  });
});

test('exit code 2 is final at once, but not after a run', () => {
  expect(afterExit(0, { code: 2, signal: null, ranMs: 800 }).action).toBe('give-up');
  expect(afterExit(0, { code: 2, signal: null, ranMs: 20_000 }).action).toBe('restart');
});
