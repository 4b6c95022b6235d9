import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gauges } from '../testing/cases.ts';
import { availabilityWindows, type ProofReadings } from './availability.ts';

const series = (text: string, everyMs = 60_000): ProofReadings => ({ readings: gauges(text), everyMs });
/** Proofs of one series each: any of them will do. */
const any = (...texts: readonly string[]) => texts.map((text) => [series(text)]);
/** One proof that needs all of its series. */
const all = (...texts: readonly string[]) => [texts.map((text) => series(text))];

/** `up% of the observed / observed%`, one for each window of 120 s from 0. */
function show(proofs: readonly (readonly ProofReadings[])[], windows = 1): string {
  const { value, observed } = availabilityWindows(proofs, 0, 120_000, windows);
  return Array.from(value, (up, at) => {
    const seen = Math.round((observed[at] ?? 0) * 100);
    return Number.isNaN(up) ? `-/${seen}` : `${Math.round(up * 100)}/${seen}`;
  }).join(' ');
}

describe('availability in text: readings in, windows of two minutes out', () => {
  it.each([
    ['answered throughout', any('0:1 60:1 120:1'), 1, '100/100'],
    ['half the time down', any('0:1 60:x 120:1'), 1, '50/100'],
    ['nobody looked', any(''), 1, '-/0'],
    ['nothing proves it', [], 1, '-/0'],
    ['the sample before the window covers its beginning', any('-30:1 30:1 90:1 150:1'), 1, '100/100'],
    ['a hole in the sampling is unobserved, neither up nor down', any('0:1 180:1'), 2, '100/50 100/50'],
    ['what the agent had no time for is a hole, not a failure', any('0:1 60:m 120:1'), 1, '100/50'],
    ['a late sample makes no hole', any('0:1 85:1 145:1'), 1, '100/100'],
    [
      'two agents, one without an answer: the way is broken, not the device',
      any('0:1 0.5:x 60:x 60.4:1 120:1'),
      1,
      '100/100',
    ],
    ['two agents without an answer', any('0:x 0.5:x 60:1 61:1 120:1'), 1, '50/100'],
    ['sparser sampling than planned, but regular, covers', any('-480:1 -300:1 -120:1 60:x 240:1'), 2, '50/100 0/100'],
    ['down over the edge of windows', any('0:1 60:1 120:x 180:x 240:1'), 2, '100/100 0/100'],
    ['any of two: up while one answers', any('0:x 60:x 120:x', '0:1 60:x 120:1'), 1, '50/100'],
    ['any of two: what nobody looked at may be up', any('0:x 60:x 120:x', '0:1 60:1'), 2, '100/100 -/0'],
    ['all of two: down while one fails', all('0:1 60:1 120:1', '0:x 60:1 120:1'), 1, '50/100'],
    ['all of two, never at one moment', all('0:x 60:1 120:1', '0:1 60:x 120:1'), 1, '0/100'],
    ['all of two: what one alone says is not known of the whole', all('0:1 60:1 120:1', '0:1'), 1, '100/50'],
    ['all of two: one that fails is enough to know', all('0:x 60:1 120:1', '60:1 120:1'), 1, '50/100'],
  ] as const)('%s', (_, proofs, windows, expected) => {
    expect(show(proofs, windows)).toBe(expected);
  });

  it('checks of different intervals: each vouches for its own', () => {
    expect(show([[series('0:1 60:1 120:1 180:1 240:1'), series('0:1 240:1', 240_000)]], 2)).toBe('100/100 100/100');
    expect(show([[series('0:1 60:1 120:x 180:1 240:1'), series('0:1 240:1', 240_000)]], 2)).toBe('100/100 50/100');
    expect(show([[series('0:1 60:1 120:1 180:1 240:1'), series('0:x 240:1', 240_000)]], 2)).toBe('0/100 0/100');
  });

  it('one look vouches for an hour at most', () => {
    const { observed } = availabilityWindows([[series('0:1', 86_400_000)]], 0, 1_800_000, 4);
    expect([...observed]).toEqual([1, 1, 0, 0]);
  });

  it('late data changes only the windows it touches, and may be computed in any slices', () => {
    const samples = fc.array(fc.record({ at: fc.nat(1439), up: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 11 }), (list, cut) => {
        const text = list
          .sort((a, b) => a.at - b.at)
          .map(({ at, up }) => `${at}:${up ? 1 : 'x'}`)
          .join(' ');
        const whole = availabilityWindows([[series(text)]], 0, 120_000, 12);
        const left = availabilityWindows([[series(text)]], 0, 120_000, cut);
        const right = availabilityWindows([[series(text)]], cut * 120_000, 120_000, 12 - cut);
        expect([...left.value, ...right.value]).toEqual([...whole.value]);
        expect([...left.observed, ...right.observed]).toEqual([...whole.observed]);
        for (const share of whole.observed) expect(share >= 0 && share <= 1).toBe(true);
        for (const up of whole.value) expect(Number.isNaN(up) || (up >= 0 && up <= 1 + 1e-9)).toBe(true);
      }),
    );
  });
});
