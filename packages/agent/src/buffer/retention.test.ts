import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gaugeRows } from '../testing/rows.ts';
import { versionAtLeast } from './database.ts';
import { newEpochReason, nextEpoch } from './epoch.ts';
import { dayOf, daysToDrop } from './retention.ts';
import { countRows, halve } from './split.ts';

const day = fc.integer({ min: 0, max: 120 }).map((ago) => dayOf(Date.UTC(2026, 6, 1) - ago * 86_400_000));
const use = fc
  .record({ day, bytes: fc.nat(1000), acknowledged: fc.boolean() })
  .map(({ day: name, bytes, acknowledged }) => ({
    day: name,
    bytes,
    acknowledged,
    lacked: acknowledged ? 0 : 1,
    agesFrom: name,
  }));

describe('what to give up', () => {
  test('nothing when all fits; never today; what is left fits or is today alone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(use, { selector: (each) => each.day, maxLength: 60 }),
        fc.nat(30_000),
        (days, maxBytes) => {
          const bounds = { today: '2026-07-01', oldestDay: '2026-04-02', maxBytes };
          const dropped = daysToDrop(days, bounds);
          const gone = new Set(dropped.map((each) => each.day));
          const rest = days.filter((each) => !gone.has(each.day));
          const left = rest.reduce((sum, { bytes }) => sum + bytes, 0);
          expect(gone.has('2026-07-01')).toBe(false);
          expect(rest.every((each) => each.day >= bounds.oldestDay)).toBe(true);
          expect(left <= maxBytes || rest.every((each) => each.day === bounds.today)).toBe(true);
          // An unacknowledged day within its age goes only when no acknowledged one was left.
          const forced = dropped.some((each) => !each.acknowledged && each.day >= bounds.oldestDay);
          if (forced) expect(rest.some((each) => each.acknowledged && each.day < bounds.today)).toBe(false);
        },
      ),
    );
  });
});

const byNumber = (a: number, b: number): number => a - b;

test('halves hold every row once, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 5 }), (rows, few) => {
      const tables = [gaugeRows('a', rows, 5), gaugeRows('a', few, 9)];
      const [first, second] = halve(tables);
      expect(countRows(first) + countRows(second)).toBe(rows + few);
      const values = [...first, ...second].flatMap(({ data, rows: count }) =>
        Array.from<unknown>(data[3] ?? []).slice(0, count),
      );
      const sealed = tables.flatMap(({ data }) => Array.from<unknown>(data[3] ?? []));
      expect(values.map(Number).toSorted(byNumber)).toEqual(sealed.map(Number).toSorted(byNumber));
      expect(countRows(second)).toBeGreaterThan(0);
    }),
  );
});

describe('a new epoch', () => {
  const sound = { epoch: 7, nextSeq: 11, identity: 'x', actualIdentity: 'x', highestSeq: 10, damaged: false };
  test.each([
    [sound, undefined],
    [{ ...sound, nextSeq: 1, highestSeq: 0 }, undefined],
    [{ ...sound, epoch: undefined, nextSeq: undefined }, 'created'],
    [{ ...sound, damaged: true }, 'damaged'],
    [{ ...sound, actualIdentity: 'y' }, 'copied'],
    [{ ...sound, highestSeq: 12 }, 'restored'],
    [{ ...sound, highestSeq: 9 }, 'restored'],
  ])('%o: %s', (found, reason) => {
    expect(newEpochReason(found)).toBe(reason);
  });

  test('rises even when the clock does not', () => {
    expect(nextEpoch(100, 200, 0)).toBe(201);
    expect(nextEpoch(300, 200, 0)).toBe(300);
  });

  test('is not that of another life that began at the same time', () => {
    expect(nextEpoch(300, 200, 0.5)).toBe(812);
    expect(nextEpoch(100, 200, 0.5)).toBe(201 + 2 ** 19);
  });
});

test('versions compare by number', () => {
  expect(versionAtLeast('3.51.3', [3, 51, 3])).toBe(true);
  expect(versionAtLeast('3.54.1', [3, 51, 3])).toBe(true);
  expect(versionAtLeast('3.9.10', [3, 51, 3])).toBe(false);
  expect(versionAtLeast('4.0.0', [3, 51, 3])).toBe(true);
});
