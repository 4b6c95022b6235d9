/** The small pure parts of a device: its clock, its rows' names, its profile and budget, plausible rates. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceClock } from './device-clock.ts';
import { uniqueNames } from './names.ts';
import { Pace } from './pace.ts';
import { counterLimit, counterNature } from './plausible.ts';
import { Profile } from './profile.ts';

describe('device clock', () => {
  test('rises with the device, through a wrap of sysUpTime, without calling it a restart', () => {
    const clock = new DeviceClock();
    const before = clock.read(2 ** 32 - 500, 0);
    const after = clock.read(500, 10_000);
    expect(after.upMs - before.upMs).toBe(10_000);
    expect(after.boots).toBe(before.boots);
  });

  test('backwards is a restart', () => {
    const clock = new DeviceClock();
    clock.read(1_000_000, 0);
    expect(clock.read(200, 60_000).boots).toBe(1);
  });

  test('a restart is seen even when the device has run longer than before', () => {
    const clock = new DeviceClock();
    clock.read(10_000, 0);
    expect(clock.read(180_000, 3_600_000).boots).toBe(1);
  });

  test('a new count of boots is a restart, whatever sysUpTime says', () => {
    const clock = new DeviceClock();
    clock.read(10_000, 0, 4);
    expect(clock.read(16_000, 60_000, 4).boots).toBe(0);
    expect(clock.read(22_000, 120_000, 5).boots).toBe(1);
    expect(clock.read(28_000, 180_000, undefined).boots).toBe(1);
  });

  test('a clock that leaps ahead is not one to divide by', () => {
    const clock = new DeviceClock();
    clock.read(10_000, 0);
    const leapt = clock.read(10_000_000, 60_000);
    expect(leapt.boots).toBe(1);
    expect(clock.read(10_006_000, 120_000)).toEqual({ upMs: leapt.upMs + 60_000, boots: 1 });
  });

  test('a clock that stands still is replaced by ours', () => {
    const clock = new DeviceClock();
    const before = clock.read(77, 0);
    const after = clock.read(77, 60_000);
    expect(after).toEqual({ upMs: before.upMs + 60_000, boots: 0 });
  });

  test('answers that crossed on their way are no restart', () => {
    const clock = new DeviceClock();
    const first = clock.read(6_000_010, 60_000);
    const crossed = clock.read(6_000_009, 60_001);
    expect(crossed).toEqual({ upMs: first.upMs - 10, boots: 0 });
    expect(clock.read(6_006_010, 120_000)).toEqual({ upMs: first.upMs + 60_000, boots: 0 });
    expect(clock.read(6_000_009, 180_000).boots).toBe(1);
  });

  test('a clock that is not told once is ours for that step; a restart meanwhile is seen', () => {
    const clock = new DeviceClock();
    const first = clock.read(1_000_000, 7_000_000);
    expect(clock.read(-1, 7_060_000)).toEqual({ upMs: first.upMs + 60_000, boots: 0 });
    expect(clock.read(1_012_000, 7_120_000)).toEqual({ upMs: first.upMs + 120_000, boots: 0 });
    clock.read(-1, 7_180_000);
    expect(clock.read(3000, 7_240_000).boots).toBe(1);
    const late = new DeviceClock();
    const untold = late.read(-1, 500_000);
    expect(late.read(77, 560_000)).toEqual({ upMs: untold.upMs + 60_000, boots: 0 });
    expect(late.read(6077, 620_000)).toEqual({ upMs: untold.upMs + 120_000, boots: 0 });
  });

  test('steady devices never restart, whatever the poll times', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.array(fc.integer({ min: 10, max: 900_000 }), { maxLength: 50 }),
        (start, steps) => {
          const clock = new DeviceClock();
          let at = 0;
          const first = clock.read(start, at);
          for (const step of steps) {
            at += step;
            const time = clock.read((start + Math.floor(at / 10)) % 2 ** 32, at);
            expect(time.boots).toBe(0);
            expect(Math.abs(time.upMs - first.upMs - at)).toBeLessThanOrEqual(10 + steps.length * 1000);
          }
        },
      ),
    );
  });
});

describe('names', () => {
  test('are unique, and the lowest index keeps a shared one', () => {
    const rows = ['eth0', '', 'Fa0/1\u0000', 'eth0'].map((text, at) => ({ index: String([2, 3, 4, 10][at]), text }));
    expect(uniqueNames(rows)).toEqual(['eth0', '3', 'Fa0/1', 'eth0 #10']);
  });

  test('never clash, for any texts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', 'a', 'a #2', 'b', '3')), (texts) => {
        const names = uniqueNames(texts.map((text, at) => ({ index: String(at + 1), text })));
        expect(new Set(names).size).toBe(texts.length);
      }),
    );
  });
});

describe('profile', () => {
  test('its patience falls to the floor for a fast device and stays under the ceiling for a slow one', () => {
    const profile = new Profile();
    expect(profile.timeoutMs).toBe(2000);
    for (let index = 0; index < 20; index += 1) profile.observe(2);
    expect(profile.timeoutMs).toBe(500);
    for (let index = 0; index < 20; index += 1) profile.observe(index % 2 === 0 ? 2500 : 100);
    expect(profile.timeoutMs).toBe(3000);
    for (let index = 0; index < 40; index += 1) profile.observe(4000);
    expect(profile.timeoutMs).toBeGreaterThan(4000);
    expect(profile.timeoutMs).toBeLessThan(6100);
  });

  test('asks for what is expected, at most what fits, and for more once that fits', () => {
    const profile = new Profile();
    expect(profile.repetitionsFor(6, 14)).toBe(6);
    expect(profile.repetitionsFor(Infinity, 14)).toBe(25);
    profile.answered(84, 60, true);
    expect(profile.repetitionsFor(6, 14)).toBe(5);
    profile.answered(70, 70, false);
    expect(profile.repetitionsFor(6, 14)).toBe(6);
  });
});

test('a budget of ten a second with a burst of three', () => {
  const pace = new Pace(10, 3);
  expect([0, 0, 0, 0, 0].map((nowMs) => pace.book(nowMs))).toEqual([0, 0, 0, 100, 200]);
  expect(pace.book(200)).toBe(100);
  expect(pace.book(10_000)).toBe(0);
});

test('plausible rates: octets by speed, packets by the shortest frame, placeholders unknown', () => {
  const limit = (oid: string, bits: 32 | 64, speed: number): unknown => counterLimit(counterNature(oid), bits, speed);
  const IFX = '1.3.6.1.2.1.31.1.1.1';
  expect(limit(`${IFX}.6`, 64, 1e9)).toEqual({ maxPerSecond: 125_000_000, lineRate: true });
  expect(limit(`${IFX}.7`, 64, 1e9)).toEqual({ maxPerSecond: 1e9 / 512, lineRate: true });
  expect(limit('1.3.6.1.2.1.2.2.1.14', 32, 1e9)).toEqual({ maxPerSecond: 1e9 / 512, lineRate: false });
  expect(limit(`${IFX}.6`, 64, 1e7)).toMatchObject({ maxPerSecond: 0 });
  expect(limit('1.3.6.1.2.1.2.2.1.10', 32, 1e7)).toMatchObject({ maxPerSecond: 1_250_000 });
  expect(limit('1.3.6.1.2.1.43.10.2.1.4.1.1', 32, 1e9)).toMatchObject({ maxPerSecond: 0 });
});
