import { describe, expect, it } from 'vitest';
import { gauges } from '../testing/cases.ts';
import { mergeSlots } from './slots.ts';

/** `at:low..high tried/ok` for each slot. */
function show(text: string): string {
  const { ts, low, high, tried, ok, length } = mergeSlots(gauges(text), 60_000);
  return Array.from({ length }, (_, at) => {
    const range = (ok[at] ?? 0) > 0 ? `${low[at]}..${high[at]}` : 'x';
    return `${(ts[at] ?? 0) / 1000}:${range} ${ok[at]}/${tried[at]}`;
  }).join(', ');
}

describe('mergeSlots in text', () => {
  it.each([
    ['one agent', '0:1 60:2 120:x', '0:1..1 1/1, 60:2..2 1/1, 120:x 0/1'],
    ['two agents in one slot', '0:1 0:5 60:3 60.5:x', '0:1..5 2/2, 60:3..3 1/2'],
    ['a value that is not a number is none', '0:NaN 60:1', '0:x 0/1, 60:1..1 1/1'],
    ['jitter does not join neighbouring slots', '0:1 58:2 121:3', '0:1..1 1/1, 58:2..2 1/1, 121:3..3 1/1'],
    ['nothing', '', ''],
  ])('%s', (_, readings, slots) => {
    expect(show(readings)).toBe(slots);
  });
});
