import { expect, test } from 'vitest';
import { lateness, peakOfStarts } from './lateness.ts';

test('lateness is counted from the slot before, missed slots are found', () => {
  const window = { fromMs: 1_000_000, toMs: 1_000_000 + 180_000 };
  // Slots at k * 60 s + 7 s: 1_027_000, 1_087_000, 1_147_000 lie in the window.
  const found = lateness(
    [
      [1_027_003, 1_087_001, 1_147_000],
      [1_027_500, 1_146_990],
    ],
    [7000, 7000],
    60_000,
    window,
  );
  expect(found).toMatchObject({ cycles: 5, missed: 1, mostMs: 500 });
  expect(found.medianMs).toBe(1);
});

test('an even spread has no peak', () => {
  expect(
    peakOfStarts(
      [
        [0, 1000],
        [2000, 3000],
      ],
      4000,
    ),
  ).toBe(1);
  expect(
    peakOfStarts(
      [
        [0, 0],
        [0, 3000],
      ],
      4000,
    ),
  ).toBe(3);
});
