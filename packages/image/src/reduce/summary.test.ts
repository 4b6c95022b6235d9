import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { summarize } from './summary.ts';

test('figures of known values only', () => {
  expect(summarize(Float64Array.of(3, Number.NaN, 1, 8, Number.NaN))).toEqual({
    last: 8,
    min: 1,
    avg: 4,
    max: 8,
    p95: 8,
    count: 3,
  });
});

test('raw extremes widen lowest and highest', () => {
  const summary = summarize(Float64Array.of(3, 4), Float64Array.of(1, Number.NaN), Float64Array.of(9, Number.NaN));
  expect([summary.min, summary.max]).toEqual([1, 9]);
});

test('nothing known is unknown, not zero', () => {
  expect(summarize(Float64Array.of(Number.NaN))).toMatchObject({
    last: Number.NaN,
    avg: Number.NaN,
    p95: Number.NaN,
    count: 0,
  });
});

test('the 95th percentile is the nearest rank of the sorted values', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 300 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      expect(summarize(Float64Array.from(values)).p95).toBe(sorted[Math.ceil(values.length * 0.95) - 1]);
    }),
  );
});
