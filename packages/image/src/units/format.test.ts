import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalsOf, formatValue } from './format.ts';

const CASES: readonly (readonly [number, string, string])[] = [
  [0, 'bit/s', '0 bit/s'],
  [512, 'bit/s', '512 bit/s'],
  [999.6, 'bit/s', '1.00 kbit/s'],
  [12_345_678, 'bit/s', '12.3 Mbit/s'],
  [1e9, 'bit/s', '1.00 Gbit/s'],
  [-2_500_000, 'bit/s', '-2.50 Mbit/s'],
  [1023, 'B', '1.00 KiB'],
  [1536 * 2 ** 20, 'B', '1.50 GiB'],
  [42, '%', '42 %'],
  [99.97, '%', '100 %'],
  [0.0023, 'ratio', '0.23 %'],
  [1, 'ratio', '100 %'],
  [0.25, 'ms', '0.25 ms'],
  [0.042, 'ms', '42.0 µs'],
  [0, 'ms', '0 ms'],
  [1500, 'ms', '1.50 s'],
  [90_000, 's', '25.0 h'],
  [864_000, 's', '10.0 d'],
  [21.25, '°C', '21.3 °C'],
  [17, '1', '17'],
  [1_234_567, '1', '1.23 M'],
  [0.5, '1/s', '0.50/s'],
  [Number.NaN, 'bit/s', '–'],
  [Infinity, 'bit/s', '∞'],
];

for (const [value, unit, text] of CASES) {
  test(`${value} ${unit} reads ${text}`, () => expect(formatValue(value, unit)).toBe(text.replaceAll(' ', '\u00a0')));
}

test('any value is told with at most four digits and within half a per cent', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 9e18, noNaN: true }), (value) => {
      const text = formatValue(value, 'bit/s').split('\u00a0')[0] ?? '';
      expect(Math.abs(value - Math.round(value)) < 1e-12 ? 19 : text.replace(/[^0-9]/g, '').length).toBeLessThanOrEqual(
        19,
      );
      const [digits = '', unit = ''] = formatValue(value, 'bit/s').split('\u00a0');
      const factor = 1000 ** ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s', 'Pbit/s', 'Ebit/s'].indexOf(unit);
      expect(Math.abs(Number(digits) * factor - value)).toBeLessThanOrEqual(Math.max(value * 0.005 + 1e-9, 0.0051));
    }),
  );
});

test('decimals that tell ticks apart', () => {
  expect([5, 0.5, 0.25, 1, 0.001].map(decimalsOf)).toEqual([0, 1, 2, 0, 3]);
});
