import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counters, showReadings } from '../testing/cases.ts';
import { counterSteps, stepReadings, windowAverage } from './rates.ts';

const steps = (...agents: string[]) => counterSteps(counters(agents, 60_000)).get(1n) ?? [];

describe('rates, in text: readings in, rates out', () => {
  it.each([
    ['a steady rise', '0:0? 60:600 120:1200', '60:10 120:10'],
    ['the first reading gives nothing', '0:500?', ''],
    ['a standing counter is a rate of zero', '0:5? 60:5', '60:0'],
    ['a 32-bit wrap', '0:4294967000? 60:304w', '60:10'],
    ['a reset is a gap, no spike and no zero', '0:9000? 60:9600 120:30r 180:630', '60:10 180:10'],
    ['an unknown step is a gap', '0:0? 60:600 120:900? 180:1500', '60:10 180:10'],
    [
      'a lost row: the step over the hole is a gap, for a reset may hide in it',
      '0:0? 60:600 180:1800 240:2400',
      '60:10 240:10',
    ],
    ['jitter of the slot is no hole', '0:0? 61:600 119:1200', '61:10 119:10'],
    ['a falling counter said to be ok is not believed', '0:600? 60:300', ''],
  ])('%s', (_, readings, rates) => {
    expect(showReadings(stepReadings(steps(readings)))).toBe(rates);
  });

  it('finds one lost row at an interval of a second', () => {
    const each = counterSteps(counters(['0:0? 1:10 3:30 4:40'], 1000)).get(1n) ?? [];
    expect(showReadings(stepReadings(each))).toBe('1:10 4:10');
  });

  it('mixes the agents of one series in order of time', () => {
    const both = steps('0:0? 60:600 120:1200', '1:0? 61:660');
    expect(showReadings(stepReadings(both))).toBe('60:10 61:11 120:10');
  });
});

describe('windowAverage', () => {
  it.each([
    ['all of the window', ['0:0? 60:600 120:1800'], 0, 120, 15, 1],
    ['steps that begin before and end after it count by their share', ['0:0? 60:600 120:1800'], 30, 90, 15, 1],
    ['a gap is not observed and pulls nothing down', ['0:0? 60:600 120:0r 180:600'], 0, 180, 10, 2 / 3],
    ['nothing there', ['0:0? 60:600'], 300, 600, Number.NaN, 0],
    ['the agent that covers more', ['0:0? 60:600', '0:0? 60:1200 120:2400'], 0, 120, 20, 1],
    ['of equals, the first by id', ['0:0? 60:600', '0:0? 60:1200'], 0, 60, 10, 1],
  ])('%s', (_, agents, from, to, perSecond, observed) => {
    const average = windowAverage(steps(...agents), from * 1000, to * 1000);
    if (observed === 0) expect(average.perSecond).toBeNaN();
    else expect(average.perSecond).toBeCloseTo(perSecond, 9);
    expect(average.observed).toBeCloseTo(observed, 9);
  });

  it('neither loses nor invents volume: windows side by side sum up to the rise of the counter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        (rises, cuts) => {
          let total = 0;
          const text = rises.map((rise, at) => `${at * 60}:${(total += rise)}${at === 0 ? '?' : ''}`).join(' ');
          const lengthMs = (rises.length - 1) * 60_000;
          let volume = 0;
          for (let cut = 0; cut < cuts; cut += 1) {
            const fromMs = (lengthMs * cut) / cuts;
            const toMs = (lengthMs * (cut + 1)) / cuts;
            volume += (windowAverage(steps(text), fromMs, toMs).perSecond * (toMs - fromMs)) / 1000;
          }
          const rise = total - (rises[0] ?? 0);
          expect(volume).toBeCloseTo(rise, 3);
        },
      ),
    );
  });
});
