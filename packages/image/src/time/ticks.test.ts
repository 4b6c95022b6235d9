import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeTicks } from './ticks.ts';
import { isoWithOffset } from './zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HELSINKI = 'Europe/Helsinki';
const labels = (from: string, hours: number, width: number, zone = HELSINKI): string[] =>
  timeTicks(Date.parse(from), Date.parse(from) + hours * HOUR, width, zone).ticks.map(({ label }) => label);

describe('clock changes', () => {
  test('spring: the skipped hour has no tick', () => {
    expect(labels('2025-03-30T00:00:00+02:00', 6, 420)).toEqual([
      '00:00',
      '01:00',
      '02:00',
      '04:00',
      '05:00',
      '06:00',
      '07:00',
    ]);
  });
  test('autumn: the repeated hour has its ticks twice', () => {
    expect(labels('2025-10-26T01:00:00+03:00', 6, 420)).toEqual([
      '01:00',
      '02:00',
      '03:00',
      '03:00',
      '04:00',
      '05:00',
      '06:00',
    ]);
  });
  test('longer steps stay on the wall clock on both sides', () => {
    expect(labels('2025-03-29T12:00:00+02:00', 30, 420)).toEqual([
      '12:00',
      '18:00',
      '00:00',
      '06:00',
      '12:00',
      '18:00',
    ]);
    expect(labels('2025-10-25T12:00:00+03:00', 30, 420)).toEqual(['12:00', '18:00', '00:00', '06:00', '12:00']);
  });
  test('days of 23 and 25 hours begin at midnight', () => {
    const { ticks } = timeTicks(
      Date.parse('2025-03-28T00:00:00+02:00'),
      Date.parse('2025-04-02T00:00:00+03:00'),
      400,
      HELSINKI,
    );
    expect(ticks.map(({ atMs }) => isoWithOffset(atMs, HELSINKI).slice(0, 16))).toEqual([
      '2025-03-28T00:00',
      '2025-03-29T00:00',
      '2025-03-30T00:00',
      '2025-03-31T00:00',
      '2025-04-01T00:00',
      '2025-04-02T00:00',
    ]);
    expect(ticks[4]).toMatchObject({ label: 'Tue 1', boundary: true });
  });
  test('a day without midnight begins when the clock does', () => {
    // In Beirut 2025-03-30 began at 01:00.
    const { context } = timeTicks(
      Date.parse('2025-03-29T12:00:00+02:00'),
      Date.parse('2025-03-30T12:00:00+03:00'),
      700,
      'Asia/Beirut',
    );
    expect(context.map(({ atMs, label }) => [isoWithOffset(atMs, 'Asia/Beirut'), label])).toEqual([
      ['2025-03-29T00:00:00+02:00', 'Sat 2025-03-29'],
      ['2025-03-30T01:00:00+03:00', 'Sun 2025-03-30'],
    ]);
  });
});

describe('steps by range', () => {
  test('seconds, hours, days, weeks, months, years', () => {
    expect(labels('2025-01-13T08:00:00+02:00', 1 / 60, 700)[1]).toBe('08:00:10');
    expect(labels('2025-01-13T08:00:00+02:00', 24, 730)).toEqual([
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
      '00:00',
      '03:00',
      '06:00',
    ]);
    expect(labels('2025-01-13T08:00:00+02:00', 7 * 24, 730)[0]).toBe('Mon 13');
    expect(labels('2025-01-01T00:00:00+02:00', 31 * 24, 730)).toEqual(['01-06', '01-13', '01-20', '01-27']);
    expect(labels('2025-01-01T00:00:00+02:00', 365 * 24, 1000).slice(0, 3)).toEqual(['2025-01', '2025-02', '2025-03']);
    expect(labels('2015-01-01T00:00:00+02:00', 10 * 365 * 24, 1000)[1]).toBe('2016');
  });
  test('odd zones: ticks on their quarter hours', () => {
    expect(labels('2025-01-13T08:00:00+05:45', 3, 420, 'Asia/Kathmandu')).toEqual([
      '08:00',
      '08:30',
      '09:00',
      '09:30',
      '10:00',
      '10:30',
      '11:00',
    ]);
  });
});

test('ticks rise, stay in the range and are not too many, in any zone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2035-01-01') }),
      fc.integer({ min: 60_000, max: 900 * DAY }),
      fc.integer({ min: 200, max: 2000 }),
      fc.constantFrom(HELSINKI, 'UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/New_York'),
      (fromMs, spanMs, width, zone) => {
        const { ticks, centred } = timeTicks(fromMs, fromMs + spanMs, width, zone);
        ticks.forEach((tick, i) => {
          if (i > 0) expect(tick.atMs).toBeGreaterThan(ticks[i - 1]?.atMs ?? 0);
          expect(tick.atMs).toBeLessThanOrEqual(fromMs + spanMs);
          if (!centred) expect(tick.atMs).toBeGreaterThanOrEqual(fromMs);
        });
        expect(ticks.length).toBeLessThanOrEqual(width / 40 + 3);
      },
    ),
    { numRuns: 300 },
  );
});
