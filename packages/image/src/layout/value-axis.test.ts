import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { valueAxis } from './value-axis.ts';

const axis = (low: number, high: number, unit: string, more = {}): string => {
  const made = valueAxis({ low, high }, { unit, unsigned: false, count: 5, ...more });
  return `${made.ticks.map(({ label }) => label).join(' ')} ${made.caption}`;
};

test('round ticks in the steps of the unit, one prefix', () => {
  expect(axis(3e6, 87e6, 'bit/s')).toBe('0 20 40 60 80 100 Mbit/s');
  expect(axis(1e9, 31 * 2 ** 30, 'B')).toBe('0 8 16 24 32 GiB');
  expect(axis(0, 0.7 * 2 ** 30, 'B')).toBe('0 256 512 768 MiB');
  expect(axis(0.1, 3.9, 'ms')).toBe('0 1 2 3 4 ms');
  expect(axis(0, 7200, 's')).toBe('0.0 0.5 1.0 1.5 2.0 2.5 h');
  expect(axis(0, 1, 'ratio')).toBe('0 20 40 60 80 100 %');
});

test('bounds are soft: kept when they hold the data, widened when not', () => {
  expect(axis(3, 42, '%', { yMin: 0, yMax: 100 })).toBe('0 20 40 60 80 100 %');
  expect(axis(3, 130, '%', { yMin: 0, yMax: 100 })).toBe('0 50 100 150 %');
});

test('temperatures leave zero out, traffic does not', () => {
  expect(axis(20.2, 24.7, '°C')).toBe('20 21 22 23 24 25 °C');
  expect(axis(20.2, 24.7, 'bit/s')).toMatch(/^0 /);
});

test('signs: below zero where it is meant, sizes in a mirror', () => {
  expect(axis(-12, 8, '°C')).toBe('−15 −10 −5 0 5 10 °C');
  expect(axis(-40e6, 80e6, 'bit/s', { unsigned: true })).toBe('50 25 0 25 50 75 100 Mbit/s');
});

test('every axis holds its data and has at least two ticks', () => {
  const value = fc.double({ min: -1e12, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(
      value,
      value,
      fc.constantFrom('bit/s', 'B', '%', 'ms', 's', '°C', 'ratio', '1'),
      fc.integer({ min: 2, max: 8 }),
      (a, b, unit, count) => {
        const extent = { low: Math.min(a, b), high: Math.max(a, b) };
        const made = valueAxis(extent, { unit, unsigned: false, count });
        const slack = (made.high - made.low) * 1e-6;
        expect(made.low).toBeLessThanOrEqual(extent.low + slack);
        expect(made.high).toBeGreaterThanOrEqual(extent.high - slack);
        expect(made.ticks.length).toBeGreaterThanOrEqual(2);
        expect(made.ticks.length).toBeLessThanOrEqual(2 * count + 4);
      },
    ),
  );
});
