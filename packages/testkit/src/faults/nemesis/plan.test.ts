import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULT_KINDS, planFaults, type PlanOptions } from './plan.ts';

const OPTIONS: Omit<PlanOptions, 'seed' | 'seconds'> = {
  sites: ['site-1', 'site-2'],
  stores: ['store-1', 'store-2'],
  loggers: ['logger-1', 'logger-2'],
  agents: ['agent-1', 'agent-2', 'agent-3'],
  smallDisks: ['agent-3'],
};

test('the same seed gives the same plan, another seed another', () => {
  expect(planFaults({ ...OPTIONS, seed: 7, seconds: 600 })).toEqual(planFaults({ ...OPTIONS, seed: 7, seconds: 600 }));
  expect(planFaults({ ...OPTIONS, seed: 7, seconds: 600 })).not.toEqual(
    planFaults({ ...OPTIONS, seed: 8, seconds: 600 }),
  );
});

test('in an hour every kind of fault strikes', () => {
  const kinds = new Set(planFaults({ ...OPTIONS, seed: 1, seconds: 3600 }).map(({ kind }) => kind));
  expect([...FAULT_KINDS].filter((kind) => !kinds.has(kind))).toEqual([]);
});

test('one target suffers one fault at a time, and the end is quiet', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 60, max: 2000 }), (seed, seconds) => {
      const plan = planFaults({ ...OPTIONS, seed, seconds });
      for (const faults of Map.groupBy(plan, ({ target }) => target).values()) {
        for (const [index, fault] of faults.entries()) {
          const before = faults[index - 1];
          if (before !== undefined) expect(fault.atS).toBeGreaterThan(before.atS + before.forS);
        }
      }
      for (const { atS, forS } of plan) expect(atS + forS).toBeLessThanOrEqual(seconds - 19);
    }),
    { numRuns: 50 },
  );
});

test('without small disks none is filled', () => {
  const plan = planFaults({ ...OPTIONS, smallDisks: [], seed: 3, seconds: 3600 });
  expect(plan.filter(({ kind }) => kind === 'fill-disk')).toEqual([]);
});
