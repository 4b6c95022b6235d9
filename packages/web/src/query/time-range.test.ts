import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { following, frozen, parseTimeRange, shifted, stepFor, zoomedOut } from './time-range.ts';
import { fromCivil, offsetLabel, stamp, startOfDay } from './zone.ts';

const ZONE = 'Europe/Helsinki';
const NOW = Date.parse('2026-11-22T15:30:00Z');
const HOUR = 3_600_000;

describe('time range', () => {
  it.each([
    [{}, NOW - 24 * HOUR, NOW, true, '24h'],
    [{ from: 'now-6h', to: 'now' }, NOW - 6 * HOUR, NOW, true, '6h'],
    [{ from: 'now-90m' }, NOW - 1.5 * HOUR, NOW, true, undefined],
    [{ from: '2026-11-22 12:00', to: '2026-11-22T13:00' }, NOW - 5.5 * HOUR, NOW - 4.5 * HOUR, false, undefined],
    [{ from: '2026-11-22T10:00:00Z', to: '1795354200000' }, NOW - 5.5 * HOUR, 1_795_354_200_000, false, undefined],
    [{ from: '2026-11-22T12:00:00+02:00', to: 'now' }, NOW - 5.5 * HOUR, NOW, true, undefined],
  ])('reads %j', (query, fromMs, toMs, live, preset) => {
    expect(parseTimeRange(query, NOW, ZONE)).toMatchObject({ fromMs, toMs, live, preset });
  });

  it.each([
    { from: 'yesterday' },
    { from: '<script>' },
    { from: 'now', to: 'now-1h' },
    { from: 'now-30s' },
    { from: 'now-9y' },
    { from: '2026-13-45 99:99' },
    { to: 'now-' },
  ])('refuses %j', (query) => {
    expect(() => parseTimeRange(query, NOW, ZONE)).toThrow(expect.objectContaining({ code: 'WEB_BAD_REQUEST' }));
  });

  it('freezes, follows, moves and widens without losing its length', () => {
    const range = parseTimeRange({ from: 'now-6h', to: 'now' }, NOW, ZONE);
    expect(parseTimeRange(frozen(range), NOW + HOUR, ZONE)).toMatchObject({
      fromMs: range.fromMs,
      toMs: NOW,
      live: false,
    });
    const back = parseTimeRange(shifted(range, -1, NOW), NOW, ZONE);
    expect([back.fromMs, back.toMs, back.live]).toEqual([NOW - 12 * HOUR, NOW - 6 * HOUR, false]);
    expect(shifted(back, 1, NOW)).toEqual({ from: 'now-6h', to: 'now' });
    expect(zoomedOut(range, NOW)).toEqual({ from: 'now-12h', to: 'now' });
    expect(following(back)).toEqual({ from: 'now-6h', to: 'now' });
    const wide = parseTimeRange(zoomedOut(back, NOW), NOW, ZONE);
    expect(wide.toMs - wide.fromMs).toBe(12 * HOUR);
  });

  it('chooses steps that fit and are not finer than the data', () => {
    expect(stepFor(NOW - 24 * HOUR, NOW, 700, 60_000)).toBe(300_000);
    expect(stepFor(NOW - HOUR, NOW, 700, 60_000)).toBe(60_000);
    assert(
      property(integer({ min: 60_000, max: 157_680_000_000 }), integer({ min: 60, max: 2400 }), (span, points) => {
        const step = stepFor(NOW - span, NOW, points, 10_000);
        expect(span / step).toBeLessThanOrEqual(points * 1.000001 + (step === 604_800_000 ? 1e9 : 0));
      }),
    );
  });
});

describe('civil time', () => {
  it('reads what it writes, in any zone', () => {
    assert(
      property(
        integer({ min: 1_600_000_000, max: 1_900_000_000 }),
        constantFrom(ZONE, 'UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        (seconds, zone) => {
          const read = fromCivil(stamp(seconds * 1000, zone), zone);
          // An hour that comes twice is the first of the two.
          expect([0, 1800, 3600]).toContain(seconds - (read ?? 0) / 1000);
        },
      ),
    );
  });

  it('knows the nights of summer time', () => {
    expect(fromCivil('2026-03-29 02:59', ZONE)).toBe(Date.parse('2026-03-29T00:59:00Z'));
    expect(fromCivil('2026-03-29 04:00', ZONE)).toBe(Date.parse('2026-03-29T01:00:00Z'));
    expect(fromCivil('2026-10-25 03:30', ZONE)).toBe(Date.parse('2026-10-25T00:30:00Z'));
    expect(startOfDay(Date.parse('2026-10-25T12:00:00Z'), ZONE)).toBe(Date.parse('2026-10-24T21:00:00Z'));
    expect([offsetLabel(NOW, ZONE), offsetLabel(NOW, 'Asia/Kolkata'), offsetLabel(NOW, 'America/New_York')]).toEqual([
      'UTC+2',
      'UTC+5:30',
      'UTC−5',
    ]);
  });
});
