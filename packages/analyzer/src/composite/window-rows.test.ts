import { computedMetric } from '@kaiku/catalog';
import { describe, expect, it } from 'vitest';
import { counterSteps } from '../rate/rates.ts';
import { counters, gauges } from '../testing/cases.ts';
import { changedRows } from './changed.ts';
import { averageRows, WINDOW_MS, type WindowResult } from './window-rows.ts';

const utilization = computedMetric('ifInUtilization');

/** 100 readings a minute apart, rising by `perSecond`. */
const rising = (perSecond: number): string =>
  Array.from({ length: 21 }, (_, at) => `${at * 60}:${at * 60 * perSecond}${at === 0 ? '?' : ''}`).join(' ');

describe('averageRows', () => {
  it('gives the utilisation of each window from octets and speed', () => {
    if (utilization === undefined) throw new Error('the dictionary lacks ifInUtilization');
    const steps = counterSteps(counters([rising(1_250_000)], 60_000)).get(1n) ?? [];
    const speed = gauges('0:100000000 600:1000000000');
    const rows = averageRows(9n, utilization, steps, speed, 0, 5);
    // 1.25 MB/s are 10 Mbit/s: 10 % of 100 Mbit/s, 1 % of a gigabit; the fifth window has no readings.
    expect(rows.map(({ tsMs, value, observed }) => [tsMs / WINDOW_MS, value, observed])).toEqual([
      [0, 10, 1],
      [1, 10, 1],
      [2, 1, 1],
      [3, 1, 1],
    ]);
  });

  it('gives none where there is no notion of bandwidth', () => {
    if (utilization === undefined) throw new Error('the dictionary lacks ifInUtilization');
    const steps = counterSteps(counters([rising(10)], 60_000)).get(1n) ?? [];
    expect(averageRows(9n, utilization, steps, gauges('0:0'), 0, 4)).toEqual([]);
  });
});

describe('changedRows', () => {
  const row = (value: number, observed = 1): WindowResult => ({
    series: 1n,
    tsMs: 0,
    windowMs: WINDOW_MS,
    value,
    observed,
  });
  const stored = (value: number, final: boolean) => ({
    series: 1n,
    ts: 0,
    windowMs: WINDOW_MS,
    value,
    observed: 1,
    final,
  });

  it.each([
    ['unknown to the store', row(1), [], true, 1],
    ['the same, final as before', row(1), [stored(1, true)], true, 0],
    ['the same, but final now', row(1), [stored(1, false)], true, 1],
    ['the same, still provisional', row(1), [stored(1, false)], false, 0],
    ['late data changed it', row(0.5), [stored(1, true)], true, 1],
    ['unobserved as before', row(Number.NaN), [stored(Number.NaN, true)], true, 0],
    ['observed better', row(1, 1), [{ ...stored(1, true), observed: 0.5 }], true, 1],
  ] as const)('%s', (_, computed, known, final, count) => {
    expect(changedRows([computed], known, final)).toHaveLength(count);
  });
});
