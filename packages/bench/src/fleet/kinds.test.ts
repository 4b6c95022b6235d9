import { expect, test } from 'vitest';
import { addressOf, kindOf } from './kinds.ts';

test('as many of each kind as asked for, the rest is well, every address once', () => {
  const faults = { silent: 300, slow: 50, lying: 20 };
  const kinds = Array.from({ length: 10_000 }, (_, index) => kindOf(index, 10_000, faults));
  const count = (kind: string): number => kinds.filter((each) => each === kind).length;
  expect(count('silent')).toBe(300);
  expect(count('slow')).toBe(50);
  expect(['repeats', 'stranger', 'truncated', 'malformed'].map(count)).toEqual([5, 5, 5, 5]);
  expect(count('well')).toBe(9630);
  expect(new Set(Array.from({ length: 10_000 }, (_, index) => addressOf(index))).size).toBe(10_000);
  expect(kindOf(0, 10, { silent: 0, slow: 0, lying: 0 })).toBe('well');
});
