/** Range sets against the plain model: a Set of numbers. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addAll,
  addRange,
  countValues,
  EMPTY_RANGES,
  hasValue,
  highest,
  highestValues,
  intersect,
  missing,
  subtract,
  type RangeSet,
} from './range-set.ts';

const TOP = 40;
const ranges = fc.array(fc.tuple(fc.integer({ min: 1, max: TOP }), fc.nat(6)), { maxLength: 15 });

function build(steps: readonly (readonly [number, number])[]): { set: RangeSet; model: Set<number> } {
  const model = new Set<number>();
  let set = EMPTY_RANGES;
  for (const [from, length] of steps) {
    set = addRange(set, from, from + length);
    for (let value = from; value <= from + length; value += 1) model.add(value);
  }
  return { set, model };
}

const values = (set: RangeSet): number[] =>
  set.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
const sorted = (model: Iterable<number>): number[] => [...model].sort((a, b) => a - b);

describe('range set', () => {
  test('holds what was added, as few disjoint ranges in order', () => {
    fc.assert(
      fc.property(ranges, (steps) => {
        const { set, model } = build(steps);
        expect(values(set)).toEqual(sorted(model));
        for (let index = 1; index < set.length; index += 1) {
          expect(set[index]?.[0]).toBeGreaterThan((set[index - 1]?.[1] ?? 0) + 1);
        }
      }),
    );
  });

  test('has, count, highest', () => {
    fc.assert(
      fc.property(ranges, (steps) => {
        const { set, model } = build(steps);
        for (let value = 0; value <= TOP + 8; value += 1) expect(hasValue(set, value)).toBe(model.has(value));
        expect(countValues(set)).toBe(model.size);
        expect(highest(set)).toBe(Math.max(0, ...model));
      }),
    );
  });

  test('subtract leaves what the other lacks; highestValues the top', () => {
    fc.assert(
      fc.property(ranges, ranges, fc.nat(20), (one, other, count) => {
        const a = build(one);
        const b = build(other);
        expect(values(subtract(a.set, b.set))).toEqual(sorted(a.model).filter((value) => !b.model.has(value)));
        expect(values(highestValues(a.set, count))).toEqual(count === 0 ? [] : sorted(a.model).slice(-count));
      }),
    );
  });

  test('missing is the complement', () => {
    fc.assert(
      fc.property(ranges, fc.nat(TOP), fc.nat(20), (steps, from, length) => {
        const { set, model } = build(steps);
        const all = Array.from({ length: length + 1 }, (_, index) => from + index);
        expect(values(missing(set, from, from + length))).toEqual(all.filter((value) => !model.has(value)));
      }),
    );
  });

  test('union and intersection', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const a = build(left);
        const b = build(right);
        expect(values(addAll(a.set, b.set))).toEqual(sorted(new Set([...a.model, ...b.model])));
        expect(values(intersect(a.set, b.set))).toEqual(sorted([...a.model].filter((value) => b.model.has(value))));
      }),
    );
  });
});
