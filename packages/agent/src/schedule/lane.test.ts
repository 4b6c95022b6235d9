import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hold, nextDueMs, openLane, realignLane, replanLane, takeDue, takeHeld, type LanePlan } from './lane.ts';
import { slotAtOrAfter, slotOffsetMs, toleranceMs } from './slots.ts';

const every = fc.constantFrom(1000, 5000, 10_000, 30_000, 60_000, 300_000);
const target = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const time = fc.integer({ min: 0, max: 2_000_000_000_000 });

function plan(id: string, ...intervals: readonly number[]): LanePlan {
  return { id, target: id, checks: intervals.map((everyMs) => ({ key: String(everyMs), everyMs })) };
}

describe('slots', () => {
  test('lie on the aligned grid, at or after the asked time, less than an interval away', () => {
    fc.assert(
      fc.property(target, every, time, (name, everyMs, fromMs) => {
        const offset = slotOffsetMs(name, everyMs);
        const slot = slotAtOrAfter(fromMs, everyMs, offset);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThan(everyMs);
        expect((slot - offset) % everyMs).toBe(0);
        expect(slot).toBeGreaterThanOrEqual(fromMs);
        expect(slot - fromMs).toBeLessThan(everyMs);
      }),
    );
  });

  test('of a multiple interval coincide with those of the shorter one', () => {
    fc.assert(
      fc.property(target, time, (name, fromMs) => {
        const long = slotAtOrAfter(fromMs, 60_000, slotOffsetMs(name, 60_000));
        expect((long - slotOffsetMs(name, 10_000)) % 10_000).toBe(0);
      }),
    );
  });

  test('spread: a thousand targets leave no tenth of the interval empty or crowded', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 1000; index += 1) {
      const tenth = Math.floor(slotOffsetMs(`hel-access-${index}`, 60_000) / 6000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(60);
    expect(Math.max(...tenths)).toBeLessThan(140);
  });
});

describe('lane', () => {
  test('a slot that came while the one before was at work is taken at its end, unless too late by then', () => {
    const lane = openLane(plan('sw-1', 10_000), 0);
    const first = nextDueMs(lane);
    expect(hold(lane, takeDue(lane, first).due ?? { slotMs: 0, checks: [] })).toBe(0);
    expect(takeHeld(lane, first + 5000)).toMatchObject({ due: { slotMs: first }, missed: 0 });
    hold(lane, takeDue(lane, first + 10_000).due ?? { slotMs: 0, checks: [] });
    expect(takeHeld(lane, first + 15_001)).toEqual({ due: undefined, missed: 1 });
    expect(takeHeld(lane, first + 15_001)).toEqual({ due: undefined, missed: 0 });
  });

  test('a held slot keeps what the new plan still has, and is gone when the clock was set back', () => {
    const lane = openLane(plan('sw-1', 10_000, 60_000), 0);
    while (nextDueMs(lane) % 60_000 !== slotOffsetMs('sw-1', 60_000)) takeDue(lane, nextDueMs(lane));
    const { due } = takeDue(lane, nextDueMs(lane));
    expect(due?.checks).toHaveLength(2);
    hold(lane, due ?? { slotMs: 0, checks: [] });
    replanLane(lane, plan('sw-1', 60_000), 0);
    expect(lane.held?.checks.map(({ key }) => key)).toEqual(['60000']);
    realignLane(lane, 0);
    expect(lane.held).toBeUndefined();
  });

  test('every slot is either handed out once or counted as missed, whatever the wake-ups', () => {
    fc.assert(
      fc.property(
        target,
        fc.uniqueArray(every, { minLength: 1, maxLength: 3 }),
        time,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.boolean()), { minLength: 1, maxLength: 40 }),
        (name, intervals, startMs, wakes) => {
          const lane = openLane(plan(name, ...intervals), startMs);
          let now = startMs;
          let handed = 0;
          let missed = 0;
          for (const [step, busy] of wakes) {
            now += step;
            // What was held comes first when the lane is free again.
            const free = busy ? undefined : takeHeld(lane, now);
            missed += free?.missed ?? 0;
            handed += free?.due?.checks.length ?? 0;
            while (nextDueMs(lane) <= now) {
              const taken = takeDue(lane, now);
              missed += taken.missed;
              if (busy && taken.due !== undefined) missed += hold(lane, taken.due);
              else handed += taken.due?.checks.length ?? 0;
              for (const check of taken.due?.checks ?? []) {
                const slot = taken.due?.slotMs ?? 0;
                expect((slot - slotOffsetMs(name, check.everyMs)) % check.everyMs).toBe(0);
                expect(now - slot).toBeLessThanOrEqual(toleranceMs(check.everyMs));
              }
            }
          }
          const expected = intervals.reduce((sum, everyMs) => {
            const first = slotAtOrAfter(startMs, everyMs, slotOffsetMs(name, everyMs));
            return sum + (first > now ? 0 : Math.floor((now - first) / everyMs) + 1);
          }, 0);
          expect(handed + missed + (lane.held?.checks.length ?? 0)).toBe(expected);
        },
      ),
    );
  });

  test('checks whose slots coincide run together', () => {
    const lane = openLane(plan('sw-1', 10_000, 60_000), 0);
    const slots: string[] = [];
    for (let now = 0; now < 120_000; now += 100) {
      const { due } = takeDue(lane, now);
      if (due !== undefined) slots.push(due.checks.map(({ key }) => key).join('+'));
    }
    expect(slots.filter((each) => each === '10000+60000')).toHaveLength(2);
    expect(slots.filter((each) => each === '10000')).toHaveLength(10);
  });

  test('a change of plan keeps the slots of unchanged checks', () => {
    const lane = openLane(plan('sw-1', 10_000, 60_000), 5000);
    const before = lane.next[1];
    replanLane(lane, plan('sw-1', 60_000, 30_000), 7000);
    expect(lane.next[0]).toBe(before);
    expect(lane.next[1]).toBe(slotAtOrAfter(7000, 30_000, slotOffsetMs('sw-1', 30_000)));
  });

  test('a check that comes instead of another of its interval takes the slot that is due, and no slot twice', () => {
    const checks = (key: string): LanePlan => ({ id: 'sw-1', target: 'sw-1', checks: [{ key, everyMs: 10_000 }] });
    const lane = openLane(checks('old'), 1_000_000);
    const slotMs = nextDueMs(lane);
    replanLane(lane, checks('new'), slotMs + 40);
    expect(takeDue(lane, slotMs + 41)).toMatchObject({ due: { slotMs, checks: [{ key: 'new' }] }, missed: 0 });
    replanLane(lane, checks('newer'), slotMs);
    expect(takeDue(lane, slotMs + 42)).toEqual({ due: undefined, missed: 0 });
    expect(nextDueMs(lane)).toBe(slotMs + 10_000);
  });

  test('after the clock was set back slots begin again from there', () => {
    const lane = openLane(plan('sw-1', 10_000), 10_000_000);
    realignLane(lane, 1_000_000);
    expect(nextDueMs(lane)).toBeGreaterThanOrEqual(1_000_000);
    expect(nextDueMs(lane)).toBeLessThan(1_010_000);
  });
});
