import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gauges } from '../testing/cases.ts';
import { availabilityWindows } from './availability.ts';

/** `up% of the observed / observed%`, one for each window of 120 s from 0. */
function show(metrics: readonly string[], windows = 1): string {
  const { value, observed } = availabilityWindows(metrics.map(gauges), 60_000, 0, 120_000, windows);
  return Array.from(value, (up, at) => {
    const seen = Math.round((observed[at] ?? 0) * 100);
    return Number.isNaN(up) ? `-/${seen}` : `${Math.round(up * 100)}/${seen}`;
  }).join(' ');
}

describe('availability in text: readings in, windows of two minutes out', () => {
  it.each([
    ['answered throughout', ['0:1 60:1 120:1'], 1, '100/100'],
    ['half the time down', ['0:1 60:x 120:1'], 1, '50/100'],
    ['nobody looked', [''], 1, '-/0'],
    ['the sample before the window covers its beginning', ['-30:1 30:1 90:1 150:1'], 1, '100/100'],
    ['a hole in the sampling is unobserved, neither up nor down', ['0:1 180:1'], 2, '100/50 100/50'],
    ['a late sample makes no hole', ['0:1 85:1 145:1'], 1, '100/100'],
    [
      'two agents, one without an answer: the way is broken, not the device',
      ['0:1 0.5:x 60:x 60.4:1 120:1'],
      1,
      '100/100',
    ],
    ['two agents without an answer', ['0:x 0.5:x 60:1 61:1 120:1'], 1, '50/100'],
    ['two metrics: up while any answers', ['0:x 60:x 120:x', '0:1 60:x 120:1'], 1, '50/100'],
    ['sparser sampling than planned, but regular, covers', ['-480:1 -300:1 -120:1 60:x 240:1'], 2, '50/100 0/100'],
    ['down over the edge of windows', ['0:1 60:1 120:x 180:x 240:1'], 2, '100/100 0/100'],
  ])('%s', (_, metrics, windows, expected) => {
    expect(show(metrics, windows)).toBe(expected);
  });

  it('late data changes only the windows it touches, and may be computed in any slices', () => {
    const samples = fc.array(fc.record({ at: fc.nat(1439), up: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 11 }), (list, cut) => {
        const text = list
          .sort((a, b) => a.at - b.at)
          .map(({ at, up }) => `${at}:${up ? 1 : 'x'}`)
          .join(' ');
        const whole = availabilityWindows([gauges(text)], 60_000, 0, 120_000, 12);
        const left = availabilityWindows([gauges(text)], 60_000, 0, 120_000, cut);
        const right = availabilityWindows([gauges(text)], 60_000, cut * 120_000, 120_000, 12 - cut);
        expect([...left.value, ...right.value]).toEqual([...whole.value]);
        expect([...left.observed, ...right.observed]).toEqual([...whole.observed]);
        for (const share of whole.observed) expect(share >= 0 && share <= 1).toBe(true);
        for (const up of whole.value) expect(Number.isNaN(up) || (up >= 0 && up <= 1 + 1e-9)).toBe(true);
      }),
    );
  });
});
