import { expect, test } from 'vitest';
import { ReplayQueue, type Wanted } from './replay-queue.ts';
import type { EpochRanges } from './epoch-ranges.ts';

const of = (from: number, to: number, epoch = 7): EpochRanges => new Map([[epoch, [[from, to]]]]);
const HELD = of(1, 1000);

function drain(queue: ReplayQueue, nowMs: number): Wanted[] {
  const out: Wanted[] = [];
  for (let next = queue.take(nowMs); next !== undefined; next = queue.take(nowMs)) {
    out.push(next);
    queue.ended(next, 'done', nowMs);
  }
  return out;
}
const seqs = (wanted: readonly Wanted[]): number[] => wanted.map(({ key }) => key.seq);

test('newest first, and only what is held', () => {
  const queue = new ReplayQueue();
  queue.ask('logger-1', of(998, 1_000_000_000), HELD, 0);
  expect(queue.waiting).toBe(3);
  expect(seqs(drain(queue, 0))).toEqual([1000, 999, 998]);
});

test('loggers take turns', () => {
  const queue = new ReplayQueue();
  queue.ask('logger-1', of(1, 100), HELD, 0);
  queue.ask('logger-2', of(1, 3), HELD, 0);
  expect(
    drain(queue, 0)
      .map(({ logger }) => logger)
      .slice(0, 6),
  ).toEqual(['logger-1', 'logger-2', 'logger-1', 'logger-2', 'logger-1', 'logger-2']);
});

test('what is on its way is not sent again when it is asked for again; after a wait it is, less and less often', () => {
  const queue = new ReplayQueue();
  const sentAt: number[] = [];
  for (let now = 0; now < 600_000; now += 1000) {
    queue.ask('logger-1', of(5, 5), HELD, now);
    if (drain(queue, now).length > 0) sentAt.push(now / 1000);
  }
  expect(sentAt).toEqual([0, 20, 60, 140, 300]);
});

test('what came, and is missed later again, is sent at once', () => {
  const queue = new ReplayQueue();
  queue.ask('logger-1', of(5, 9), HELD, 0);
  expect(drain(queue, 0).length).toBe(5);
  queue.ask('logger-1', of(5, 5), HELD, 1000);
  expect(drain(queue, 1000)).toEqual([]);
  queue.ask('logger-1', of(5, 9), HELD, 2000);
  expect(seqs(drain(queue, 2000))).toEqual([9, 8, 7, 6]);
});

test('a new request replaces the old; what failed goes again at once, what is gone does not', () => {
  const queue = new ReplayQueue();
  queue.ask('logger-1', of(1, 50), HELD, 0);
  queue.ask('logger-1', of(60, 61), HELD, 0);
  const first = queue.take(0);
  if (first === undefined) throw new Error('nothing to send');
  expect(first.key.seq).toBe(61);
  queue.ended(first, 'away', 10);
  expect(queue.take(10)).toEqual(first);
  queue.ended(first, 'gone', 20);
  expect(seqs(drain(queue, 30))).toEqual([60]);
});

test('a logger that asks no more is forgotten', () => {
  const queue = new ReplayQueue();
  queue.ask('logger-1', of(1, 50), HELD, 0);
  expect(queue.take(200_000)).toBeUndefined();
  expect(queue.waiting).toBe(0);
});
