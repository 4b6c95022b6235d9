/** Service hours over the changes of the clock, holidays, and in other time zones. */
import { describe, expect, test } from 'vitest';
import { calendarSchema } from './calendar.ts';
import { isInService, isWithin } from './within.ts';

const office = calendarSchema.parse({
  id: 'office',
  name: 'Office hours',
  week: {
    mon: ['08:00-16:15'],
    tue: ['08:00-16:15'],
    wed: ['08:00-12:00', '13:00-16:15'],
    thu: ['08:00-16:15'],
    fri: ['08:00-16:15'],
    sun: ['00:00-24:00'],
  },
  holidays: [
    { date: '2026-12-24', name: 'Christmas Eve' },
    { date: '2026-12-31', hours: ['08:00-12:00'] },
  ],
});
const at = (iso: string): boolean => isWithin(office, Date.parse(iso));

describe('service hours in Helsinki', () => {
  test.each([
    ['a Monday morning, winter time', '2026-11-23T08:00:00+02:00', true],
    ['a moment before', '2026-11-23T07:59:59+02:00', false],
    ['the last moment', '2026-11-23T16:14:59+02:00', true],
    ['the end is not within', '2026-11-23T16:15:00+02:00', false],
    ['the same hour by the wall, summer time', '2026-07-20T08:00:00+03:00', true],
    ['an hour too early in UTC terms', '2026-07-20T07:59:00+03:00', false],
    ['lunch on Wednesday', '2026-11-25T12:30:00+02:00', false],
    ['after lunch', '2026-11-25T13:00:00+02:00', true],
    ['a Saturday, not named', '2026-11-28T10:00:00+02:00', false],
    ['a closed holiday on a Thursday', '2026-12-24T10:00:00+02:00', false],
    ['a holiday with hours', '2026-12-31T10:00:00+02:00', true],
    ['after them', '2026-12-31T12:00:00+02:00', false],
    ['midnight begins the Sunday', '2026-11-29T00:00:00+02:00', true],
    ['up to its end', '2026-11-29T23:59:59+02:00', true],
    ['and no longer', '2026-11-30T00:00:00+02:00', false],
  ])('%s', (_, iso, expected) => expect(at(iso)).toBe(expected));

  test('the night of spring: the hour that never was', () => {
    const early = calendarSchema.parse({ id: 'n', name: 'Night', week: { sun: ['03:00-04:00'] } });
    // On 2026-03-29 the clock goes from 02:59 to 04:00.
    const minutes = Array.from(
      { length: 24 * 60 },
      (_, minute) => Date.parse('2026-03-28T22:00:00Z') + minute * 60_000,
    );
    expect(minutes.filter((ms) => isWithin(early, ms))).toEqual([]);
  });

  test('the night of autumn: the hour that comes twice', () => {
    const early = calendarSchema.parse({ id: 'n', name: 'Night', week: { sun: ['03:00-04:00'] } });
    // On 2026-10-25 the clock goes from 03:59 back to 03:00.
    const minutes = Array.from(
      { length: 26 * 60 },
      (_, minute) => Date.parse('2026-10-24T21:00:00Z') + minute * 60_000,
    );
    expect(minutes.filter((ms) => isWithin(early, ms))).toHaveLength(120);
  });
});

test('another time zone, and hours that no calendar explains', () => {
  const tokyo = calendarSchema.parse({ id: 't', name: 'T', timeZone: 'Asia/Tokyo', week: { mon: ['09:00-17:00'] } });
  expect(isWithin(tokyo, Date.parse('2026-11-23T00:00:00Z'))).toBe(true);
  expect(isWithin(tokyo, Date.parse('2026-11-23T08:00:00Z'))).toBe(false);
  expect(isInService([office], '24x7', 0)).toBe(true);
  expect(isInService([], 'mornings', 0)).toBe(true);
  expect(isInService([office], 'office', Date.parse('2026-11-28T10:00:00+02:00'))).toBe(false);
});

test.each([
  [{ week: { mon: ['8:00-16:00'] } }, /must be like/],
  [{ week: { mon: ['16:00-08:00'] } }, /over midnight are two/],
  [{ week: {}, timeZone: 'Europe/Helsingfors' }, /must be a time zone/],
  [{ week: { Monday: [] } }, /Invalid|Unrecognized/],
])('refuses %j', (calendar, message) => {
  expect(calendarSchema.safeParse({ id: 'c', name: 'C', ...calendar }).error?.issues[0]?.message).toMatch(message);
});
