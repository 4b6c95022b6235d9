/** Numbers as people read them: three significant digits, one prefix, a space that does not break. */
import { prefixFor } from './unit.ts';

const NBSP = '\u00a0';
/** Shown where nothing is known. */
const UNKNOWN = '–';

/** `12.3 Mbit/s`, `1.50 GiB`, `0.25 ms`; an en dash for NaN. */
export function formatValue(value: number, unit: string): string {
  if (Number.isNaN(value)) return UNKNOWN;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const { divisor, text } = prefixFor(unit, value);
  const shown = value / divisor;
  const whole = divisor === 1 && Number.isInteger(value);
  const digits = whole ? String(value) : threeDigits(shown);
  return text === '' ? digits : text.startsWith('/') ? digits + text : digits + NBSP + text;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.01) return value.toFixed(2);
  return value.toPrecision(2);
}

/** Decimals needed to tell multiples of `step` apart, at most six. */
export function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 6; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, scaled)) return decimals;
  }
  return 6;
}
