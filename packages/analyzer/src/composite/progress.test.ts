import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowOf, WindowProgress } from './progress.ts';
import { WINDOW_MS } from './window-rows.ts';

const at = (window: number, seconds: number): number => window * WINDOW_MS + seconds * 1000;

describe('WindowProgress', () => {
  it('computes a window when it has closed, and again when the watermark has passed it', () => {
    const progress = new WindowProgress(99, 72, 1_500_000);
    expect(progress.due(at(101, 1), at(101, 1))).toBeUndefined();
    const first = progress.due(at(101, 7), at(101, 5));
    expect(first).toEqual({ from: 100, to: 100, final: false });
    if (first !== undefined) progress.done(first);
    expect(progress.due(at(101, 30), at(101, 28))).toBeUndefined();
    const second = progress.due(at(101, 64), at(101, 61));
    expect(second).toEqual({ from: 100, to: 100, final: true });
    if (second !== undefined) progress.done(second);
    expect(progress.due(at(101, 70), at(101, 68))).toBeUndefined();
    expect([progress.nextRevision(100), progress.nextRevision(100)]).toEqual([0, 1]);
  });

  it('does not wait for ever for agents that are silent', () => {
    const progress = new WindowProgress(99, 72, 1_500_000);
    progress.done({ from: 100, to: 100, final: false });
    expect(progress.due(at(102, 290), -Infinity)).toEqual({ from: 101, to: 101, final: false });
    expect(progress.due(at(103, 1), -Infinity)?.final).toBe(true);
  });

  it('reopens final windows for late data, newest first, and leaves open ones alone', () => {
    const progress = new WindowProgress(99, 72, 1_500_000);
    progress.markDirty(10, 12);
    progress.markDirty(50, 200);
    expect(progress.dirty).toEqual([
      [10, 12],
      [50, 99],
    ]);
    const nowMs = at(100, 30);
    expect(progress.due(nowMs, nowMs)).toEqual({ from: 50, to: 99, final: true });
    progress.done({ from: 50, to: 99, final: true });
    expect(progress.due(nowMs, nowMs)).toEqual({ from: 10, to: 12, final: true });
    progress.done({ from: 10, to: 12, final: true });
    expect(progress.due(nowMs, nowMs)).toBeUndefined();
  });

  it('does every window exactly to its end, in bounded tasks, however long it slept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 500 }), (slept, backlog) => {
        const progress = new WindowProgress(2000, 72, 1_500_000);
        progress.markDirty(2001 - backlog, 2000);
        const nowMs = at(2001 + slept, 100);
        const done = new Set<number>();
        for (let task = progress.due(nowMs, nowMs); task !== undefined; task = progress.due(nowMs, nowMs)) {
          expect(task.to - task.from).toBeLessThan(72);
          for (let window = task.from; window <= task.to; window += 1) done.add(window);
          progress.done(task);
        }
        expect(done.size).toBe(slept + backlog);
        expect(Math.max(...done)).toBe(windowOf(nowMs) - 1);
      }),
    );
  });
});
