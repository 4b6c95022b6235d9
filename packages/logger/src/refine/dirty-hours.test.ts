/** Which hours are recomputed when. Times in hours since some midnight and seconds of the clock. */
import { describe, expect, test } from 'vitest';
import { createDirtyHours, HOUR_MS, type Slice } from './dirty-hours.ts';

const NOW = 1000 * HOUR_MS + 600_000;
const S = 1000;

const range = (slice: Slice | undefined): string =>
  slice === undefined ? 'none' : `${slice.fromMs / HOUR_MS}..${slice.toMs / HOUR_MS}`;

describe('dirty hours', () => {
  test('the past is due when it has been quiet for three seconds', () => {
    const dirty = createDirtyHours();
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS + 1, 1, NOW);
    expect(range(dirty.take(NOW + 2 * S))).toBe('none');
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS + 1, 2, NOW + 2 * S);
    expect(range(dirty.take(NOW + 4 * S))).toBe('none');
    expect(range(dirty.take(NOW + 5 * S))).toBe('990..991');
    expect(range(dirty.take(NOW + 60 * S))).toBe('none');
  });

  test('an hour that is never quiet is due after half a minute', () => {
    const dirty = createDirtyHours();
    for (let second = 0; second < 30; second += 1) {
      dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, second, NOW + second * S);
      expect(range(dirty.take(NOW + second * S))).toBe('none');
    }
    expect(range(dirty.take(NOW + 30 * S))).toBe('990..991');
  });

  test('the hour that runs is recomputed every half minute, quiet or not', () => {
    const dirty = createDirtyHours();
    dirty.mark(NOW, NOW, 1, NOW);
    expect(range(dirty.take(NOW + 10 * S))).toBe('none');
    expect(range(dirty.take(NOW + 30 * S))).toBe('1000..1001');
  });

  test('a week is taken a day at a time, newest first, neighbours together', () => {
    const dirty = createDirtyHours();
    dirty.mark(800 * HOUR_MS, 967 * HOUR_MS, 1, NOW);
    dirty.mark(700 * HOUR_MS, 701 * HOUR_MS, 1, NOW);
    const taken: string[] = [];
    for (let slice = dirty.take(NOW + 5 * S); slice !== undefined; slice = dirty.take(NOW + 5 * S))
      taken.push(range(slice));
    expect(taken).toEqual([
      '944..968',
      '920..944',
      '896..920',
      '872..896',
      '848..872',
      '824..848',
      '800..824',
      '700..702',
    ]);
  });

  test('the cursor stands at the oldest row not rolled up, also while it is being worked on', () => {
    const dirty = createDirtyHours();
    expect(dirty.oldestMs()).toBeUndefined();
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, 50, NOW);
    dirty.mark(980 * HOUR_MS, 980 * HOUR_MS, 40, NOW);
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, 60, NOW);
    const newer = dirty.take(NOW + 5 * S);
    const older = dirty.take(NOW + 5 * S);
    expect([range(newer), range(older)]).toEqual(['990..991', '980..981']);
    expect(dirty.oldestMs()).toBe(40);
    if (older !== undefined) dirty.done(older);
    expect(dirty.oldestMs()).toBe(50);
    if (newer !== undefined) dirty.putBack(newer);
    expect(dirty.oldestMs()).toBe(50);
    expect(range(dirty.take(NOW + 5 * S))).toBe('990..991');
  });

  test('data that arrives during a recomputation makes the hour dirty again', () => {
    const dirty = createDirtyHours();
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, 1, NOW);
    const slice = dirty.take(NOW + 5 * S);
    dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, 9, NOW + 5 * S);
    if (slice !== undefined) dirty.done(slice);
    expect(dirty.oldestMs()).toBe(9);
    expect(range(dirty.take(NOW + 8 * S))).toBe('990..991');
  });

  test('a past hour that ten agents bring one after another is recomputed a few times, and at the end', () => {
    const dirty = createDirtyHours();
    let recomputed = 0;
    let lastAt = 0;
    const minutes = 60;
    for (let second = 0; second <= minutes * 60; second += 1) {
      // Every agent needs 4 minutes for its own; they come in turns, so the hour changes all the time.
      if (second % 20 === 0 && second < 40 * 60) dirty.mark(990 * HOUR_MS, 990 * HOUR_MS, second, NOW + second * S);
      for (let slice = dirty.take(NOW + second * S); slice !== undefined; slice = dirty.take(NOW + second * S)) {
        dirty.done(slice);
        recomputed += 1;
        lastAt = second;
      }
    }
    expect(recomputed).toBeLessThanOrEqual(12);
    expect(lastAt).toBeGreaterThan(39 * 60);
    expect(dirty.size).toBe(0);
  });
});
