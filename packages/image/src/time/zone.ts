/**
 * Wall-clock time in a zone, by way of Intl. Offsets are cached per quarter of an hour, on whose
 * boundaries all zones of today change, so a graph asks Intl a handful of times at most.
 */
const QUARTER_MS = 900_000;
/** A year of hours is 8,760; more entries than that are a sign of random ranges, and dropped. */
const CACHE_LIMIT = 10_000;

interface ZoneCache {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}
const zones = new Map<string, ZoneCache>();

/** Milliseconds to add to UTC for the wall clock of `timeZone` at `atMs`. Throws RangeError for an unknown zone. */
export function offsetMs(atMs: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const zone = zoneOf(timeZone);
  const key = Math.floor(atMs / QUARTER_MS);
  const known = zone.offsets.get(key);
  if (known !== undefined) return known;
  const quarterMs = key * QUARTER_MS;
  const part: Record<string, number> = {};
  for (const { type, value } of zone.format.formatToParts(quarterMs)) part[type] = Number(value);
  const wallMs = Date.UTC(
    part['year'] ?? 1970,
    (part['month'] ?? 1) - 1,
    part['day'] ?? 1,
    part['hour'] ?? 0,
    part['minute'] ?? 0,
    part['second'] ?? 0,
  );
  const offset = wallMs - quarterMs;
  if (zone.offsets.size >= CACHE_LIMIT) zone.offsets.clear();
  zone.offsets.set(key, offset);
  return offset;
}

function zoneOf(timeZone: string): ZoneCache {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const made = { format, offsets: new Map<number, number>() };
  zones.set(timeZone, made);
  return made;
}

/** A date whose UTC fields are the wall clock in the zone. */
export function wallDate(atMs: number, timeZone: string): Date {
  return new Date(atMs + offsetMs(atMs, timeZone));
}

/** The instant at which the wall clock shows `wallMs`; undefined where the clock skips it. The earlier one where it shows it twice. */
export function instantOfWall(wallMs: number, timeZone: string): number | undefined {
  const before = wallMs - offsetMs(wallMs - 86_400_000, timeZone);
  if (before + offsetMs(before, timeZone) === wallMs) return before;
  const after = wallMs - offsetMs(wallMs + 86_400_000, timeZone);
  return after + offsetMs(after, timeZone) === wallMs ? after : undefined;
}

/** First instant of the wall clock's day or month start, moved past a skipped midnight. */
export function startOfWall(wallMs: number, timeZone: string): number {
  return (
    instantOfWall(wallMs, timeZone) ??
    instantOfWall(wallMs + 1_800_000, timeZone) ??
    instantOfWall(wallMs + 3_600_000, timeZone) ??
    wallMs - offsetMs(wallMs, timeZone)
  );
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

export const isoDate = (wall: Date): string =>
  `${wall.getUTCFullYear()}-${two(wall.getUTCMonth() + 1)}-${two(wall.getUTCDate())}`;
export const isoMonth = (wall: Date): string => `${wall.getUTCFullYear()}-${two(wall.getUTCMonth() + 1)}`;
export const monthDay = (wall: Date): string => `${two(wall.getUTCMonth() + 1)}-${two(wall.getUTCDate())}`;
export const hourMinute = (wall: Date): string => `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`;
export const hourMinuteSecond = (wall: Date): string => `${hourMinute(wall)}:${two(wall.getUTCSeconds())}`;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
export const weekday = (wall: Date): string => WEEKDAYS[wall.getUTCDay()] ?? '';

/** `2025-01-13 08:00` on the wall clock of the zone. */
export function isoMinute(atMs: number, timeZone: string): string {
  const wall = wallDate(atMs, timeZone);
  return `${isoDate(wall)} ${hourMinute(wall)}`;
}

/** `2025-01-13T08:00:00+02:00`. */
export function isoWithOffset(atMs: number, timeZone: string): string {
  const wall = wallDate(atMs, timeZone);
  const offset = offsetMs(atMs, timeZone) / 60_000;
  const sign = offset < 0 ? '-' : '+';
  const size = Math.abs(offset);
  return `${isoDate(wall)}T${hourMinuteSecond(wall)}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
