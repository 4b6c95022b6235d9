import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALARM_INPUTS, ALARM_STATES, CLEAR, isActive, step, type AlarmInput, type Machine } from './machine.ts';

const INPUT: Readonly<Record<string, AlarmInput>> = { b: 'bad', '-': 'between', g: 'good', s: 'silence' };
const OUTPUT = { none: '.', raise: 'R', change: 'C', clear: 'c' } as const;

/** Inputs as letters in; outputs as letters out. */
function run(inputs: string, count: number): string {
  let machine: Machine = CLEAR;
  let out = '';
  for (const letter of inputs) {
    const { emit, ...next } = step(machine, INPUT[letter] ?? 'between', count);
    machine = next;
    out += OUTPUT[emit];
  }
  return out;
}

describe('alarm machine in text: b bad, g good, - between, s silence; R raised, C changed, c cleared', () => {
  it.each([
    ['one bad value is enough', 'gbbg', 1, '.R.c'],
    ['three in a row are needed', 'bbgbbbb', 3, '.....R.'],
    ['a value between the thresholds breaks the row', 'bb-bb', 3, '.....'],
    ['hysteresis: between keeps it raised', 'b---g', 1, 'R...c'],
    ['clearing needs as many', 'bbbggbggg', 3, '..R.....c'],
    ['silence raises at once', 'gs', 3, '.R'],
    ['a good value ends silence at once', 'sg', 3, 'Rc'],
    ['silence while raised changes it, and the bad value back again', 'bbsb', 2, '.RCC'],
    ['silence goes on silently', 'sss', 1, 'R..'],
  ])('%s', (_, inputs, count, expected) => {
    expect(run(inputs, count)).toBe(expected);
  });

  it('has an answer to every input in every state', () => {
    for (const state of ALARM_STATES) {
      for (const input of ALARM_INPUTS) expect(ALARM_STATES).toContain(step({ state, run: 0 }, input, 2).state);
    }
  });

  it('always alternates: raised, changed any times, cleared', () => {
    const inputs = fc.array(fc.constantFrom(...ALARM_INPUTS), { maxLength: 60 });
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 4 }), (list, count) => {
        let machine: Machine = CLEAR;
        let active = false;
        for (const input of list) {
          const { emit, ...next } = step(machine, input, count);
          if (emit === 'raise') expect(active).toBe(false);
          if (emit === 'clear' || emit === 'change') expect(active).toBe(true);
          if (emit === 'raise') active = true;
          if (emit === 'clear') active = false;
          machine = next;
          expect(isActive(machine)).toBe(active);
        }
      }),
    );
  });
});
