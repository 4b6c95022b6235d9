import { computedMetric } from '@kaiku/catalog';
import { describe, expect, it } from 'vitest';
import { gauges, showReadings } from '../testing/cases.ts';
import { computeReadings, newestValue } from './computed.ts';

describe('computeReadings', () => {
  it.each([
    ['each sample against the newest of the other', '60:50 120:60', '60:100 120:200', undefined, '60:50 120:30'],
    ['a failed probe of the other keeps its last value', '60:50 120:60', '60:100 120:x', undefined, '60:50 120:60'],
    ['a failed probe stays one', '60:x', '60:100', undefined, '60:x'],
    ['known from before', '60:50', '', { ts: 0, value: 200 }, '60:25'],
    ['the other seen only later still serves', '60:50', '90:100', undefined, '60:50'],
    ['the other never seen: no value', '60:50', '', undefined, '60:NaN'],
    ['a size of zero means nothing', '60:50', '60:0', undefined, '60:NaN'],
  ])('%s', (_, of, against, known, expected) => {
    const metric = computedMetric('storageUsedPercent');
    if (metric === undefined) throw new Error('the dictionary lacks storageUsedPercent');
    expect(showReadings(computeReadings(metric, gauges(of), gauges(against), known))).toBe(expected);
  });

  it('remembers the newest value', () => {
    expect(newestValue(gauges('0:1 60:2 120:x'), undefined)).toEqual({ ts: 60_000, value: 2 });
    expect(newestValue(gauges('0:1'), { ts: 60_000, value: 9 })).toEqual({ ts: 60_000, value: 9 });
  });
});
