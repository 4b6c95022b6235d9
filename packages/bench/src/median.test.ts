import { expect, test } from 'vitest';
import { median } from './median.ts';

test('median', () => {
  expect(median([3, 100, 1])).toBe(3);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});
