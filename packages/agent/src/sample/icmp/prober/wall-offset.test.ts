import { expect, test } from 'vitest';
import { WallOffset } from './wall-offset.mjs';

test('the quickest comparison stands, until one contradicts it', () => {
  const offset = new WallOffset();
  offset.compare(10, 1010.05, 10.1);
  expect(offset.offsetMs).toBeCloseTo(1000, 9);
  // Interrupted behind the wall clock: as good as nothing.
  offset.compare(20, 1020, 24);
  expect(offset.offsetMs).toBeCloseTo(1000, 9);
  offset.compare(30, 1030.0015, 30.001);
  expect(offset.offsetMs).toBeCloseTo(1000.001, 9);
  expect(offset.steady(1040.001)).toBeCloseTo(40, 9);
  // The wall clock was set back by an hour.
  offset.compare(50, 1050 - 3_600_000, 50.01);
  expect(offset.steady(1060 - 3_600_000)).toBeCloseTo(60.005, 6);
});
