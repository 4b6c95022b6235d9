import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFlow } from './flow.ts';
import { hash01, lineNoise, seedOf } from './noise.ts';
import { createRhythms, RHYTHM_EPOCH_MS } from './profile.ts';

const rhythms = createRhythms(2);
const names = Object.keys(rhythms) as (keyof typeof rhythms)[];
const moment = fc.integer({ min: RHYTHM_EPOCH_MS, max: RHYTHM_EPOCH_MS + 4 * 365 * 86_400_000 });

describe('noise', () => {
  it('is the same for the same place, within 0..1, and continuous', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1e8, noNaN: true }), (seed, position) => {
        const value = lineNoise(seed, position);
        expect(value).toBe(lineNoise(seed, position));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(Math.abs(lineNoise(seed, position + 0.001) - value)).toBeLessThan(0.0021);
      }),
    );
  });

  it('is spread evenly', () => {
    const seed = seedOf('even');
    const bins = new Uint32Array(10);
    for (let index = 0; index < 10_000; index += 1) {
      const bin = Math.floor(hash01(seed, index) * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('profiles', () => {
  it.each(names)('%s has mean 1 over any week, and its integral is that of its rate', (name) => {
    const profile = rhythms[name];
    expect(profile.integral(123_456 + 604_800) - profile.integral(123_456)).toBeCloseTo(604_800, 4);
    let sum = 0;
    const stepS = 10;
    for (let second = 200_000 + stepS / 2; second < 300_000; second += stepS) sum += profile.at(second) * stepS;
    expect((profile.integral(300_000) - profile.integral(200_000)) / sum).toBeCloseTo(1, 4);
  });

  it('are busy when people are at work', () => {
    const at = (day: number, hour: number): number => rhythms.office.at(day * 86_400 + (hour - 2) * 3600);
    expect(at(1, 10)).toBeGreaterThan(10 * at(1, 3));
    expect(at(1, 10)).toBeGreaterThan(5 * at(6, 10));
  });
});

describe('flows', () => {
  it('never fall, whatever the moment and the step', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(...names),
        moment,
        fc.integer({ min: 1, max: 3_600_000 }),
        (seed, name, atMs, stepMs) => {
          const flow = createFlow({ profile: rhythms[name], perSecond: 1e6, seed });
          expect(flow.total(atMs + stepMs)).toBeGreaterThanOrEqual(flow.total(atMs));
        },
      ),
    );
  });

  it('keep their mean over the week and live in between', () => {
    const flow = createFlow({ profile: rhythms.office, perSecond: 5000, seed: 42 });
    const fromMs = RHYTHM_EPOCH_MS + 60 * 604_800_000;
    expect((flow.total(fromMs + 604_800_000) - flow.total(fromMs)) / 604_800 / 5000).toBeCloseTo(1, 1);
    const rates = Array.from({ length: 100 }, (_, index) => flow.rate(fromMs + 36 * 3_600_000 + index * 60_000));
    expect(new Set(rates.map(Math.round)).size).toBeGreaterThan(90);
  });
});
