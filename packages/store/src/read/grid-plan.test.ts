import { describe, expect, it } from 'vitest';
import { planGrid } from './grid-plan.ts';

const HOUR = 3_600_000;
const plan = (hours: number, stepMs: number) => planGrid({ series: [], fromMs: 0, toMs: hours * HOUR, stepMs });

describe('the data behind a grid', () => {
  it.each([
    [30_000, undefined],
    [299_999, undefined],
    [300_000, '5m'],
    [HOUR - 1, '5m'],
    [HOUR, '1h'],
    [24 * HOUR, '1h'],
  ])('steps of %d ms are drawn from %s', (stepMs, suffix) => {
    expect(plan(48, stepMs).rollup?.suffix).toBe(suffix);
  });
  it('covers the range to its last, perhaps partial, step', () => {
    expect(plan(1, 7 * 60_000).steps).toBe(9);
  });
  it('is refused for ranges and steps that are none', () => {
    expect(() => plan(0, 1000)).toThrow(RangeError);
    expect(() => plan(1, 0)).toThrow(RangeError);
    expect(() => plan(1, Number.NaN)).toThrow(RangeError);
    expect(() => plan(24 * 365, 1000)).toThrow(/50000 can be drawn/);
  });
});
