import { describe, expect, it } from 'vitest';
import { spacingMs } from './spacing.ts';

/** `x` a value, `.` none; one character a step of 60 s. */
const spacing = (text: string): number =>
  spacingMs(
    Float64Array.from(text.replaceAll(' ', ''), (each) => (each === 'x' ? 1 : Number.NaN)),
    60_000,
  ) / 60_000;

describe('spacing of samples', () => {
  it.each([
    ['dense', 'xxxxxxxxxxxxxxx', 1],
    ['every fifth step', 'x....x....x....x....x', 5],
    ['every two and a half', 'x.x..x.x..x.x..x.x..x', 2.5],
    ['dense, with an outage', 'xxxxxxxxxxxxxxx....................xxxxxxxx', 1],
    ['rare, with an outage', 'x....x....x..............................x....x....x', 5],
    ['mostly rare, lately dense', 'x....x....x....x....x....x....x....xxx', 5],
    ['lately dense for long', `x....${'x'.repeat(60)}`, 1],
    ['one miss in many', `${'x'.repeat(40)}.${'x'.repeat(40)}`, 1],
    ['one value', '....x....', 1],
    ['nothing', '.........', 1],
  ])('%s', (_what, text, minutes) => {
    expect(spacing(text)).toBe(minutes);
  });
});
