/**
 * Ticks of the time axis: steps people count in, on the wall clock of the zone, right through clock
 * changes. Up to an hour ticks follow the instant (a repeated hour has its ticks twice), above it the
 * wall clock (a skipped hour has none), from a day on they are the starts of local days, Mondays or months.
 */
import {
  hourMinute,
  hourMinuteSecond,
  isoDate,
  isoMonth,
  monthDay,
  offsetMs,
  startOfWall,
  instantOfWall,
  wallDate,
  weekday,
} from './zone.ts';

interface TimeTick {
  readonly atMs: number;
  readonly label: string;
  /** Where a day (or month, year) begins: drawn stronger. */
  readonly boundary: boolean;
}

export interface TimeTicks {
  readonly ticks: readonly TimeTick[];
  /** Labels stand in the middle between two ticks (whole days) instead of under the tick. */
  readonly centred: boolean;
  /** Second row: the date, month or year that begins at `atMs`; the first may lie before the range. */
  readonly context: readonly { readonly atMs: number; readonly label: string }[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND);
CLOCK_STEPS.push(...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), ...[1, 2, 3, 6, 12].map((n) => n * HOUR));
const MONTH_STEPS = [1, 2, 3, 6] as const;

/** Room a label needs, px: `23:59`, `23:59:59`, `Mon 13`, `01-13`, `2025-01`. */
const CLOCK_PX = 62;
const SECONDS_PX = 80;
const DAY_PX = 44;
const WEEK_PX = 54;
const MONTH_PX = 70;

export function timeTicks(fromMs: number, toMs: number, widthPx: number, timeZone: string): TimeTicks {
  const msPerPx = (toMs - fromMs) / Math.max(1, widthPx);
  for (const stepMs of CLOCK_STEPS) {
    if (stepMs / msPerPx >= (stepMs < MINUTE ? SECONDS_PX : CLOCK_PX))
      return clockTicks(fromMs, toMs, stepMs, timeZone);
  }
  if (DAY / msPerPx >= DAY_PX) return dayTicks(fromMs, toMs, timeZone);
  if ((7 * DAY) / msPerPx >= WEEK_PX) return weekTicks(fromMs, toMs, timeZone);
  for (const months of MONTH_STEPS) {
    if ((months * 30 * DAY) / msPerPx >= MONTH_PX) return monthTicks(fromMs, toMs, months, timeZone);
  }
  const years = [1, 2, 5, 10, 20, 50, 100].find((n) => (n * 365 * DAY) / msPerPx >= MONTH_PX) ?? 1000;
  return monthTicks(fromMs, toMs, years * 12, timeZone);
}

function clockTicks(fromMs: number, toMs: number, stepMs: number, timeZone: string): TimeTicks {
  const ticks: TimeTick[] = [];
  const push = (atMs: number): void => {
    const wall = wallDate(atMs, timeZone);
    const midnight = wall.getTime() % DAY === 0;
    ticks.push({ atMs, label: stepMs < MINUTE ? hourMinuteSecond(wall) : hourMinute(wall), boundary: midnight });
  };
  if (stepMs <= HOUR) {
    for (let atMs = fromMs; atMs <= toMs;) {
      const beyond = modulo(atMs + offsetMs(atMs, timeZone), stepMs);
      if (beyond === 0) push(atMs);
      atMs += stepMs - beyond;
    }
  } else {
    const lastWall = toMs + offsetMs(toMs, timeZone) + DAY;
    let wallMs = Math.floor((fromMs + offsetMs(fromMs, timeZone) - DAY) / stepMs) * stepMs;
    for (; wallMs <= lastWall; wallMs += stepMs) {
      const atMs = instantOfWall(wallMs, timeZone);
      if (atMs !== undefined && atMs >= fromMs && atMs <= toMs) push(atMs);
    }
  }
  const context = startsOfDays(fromMs, toMs, timeZone).map((atMs) => {
    const wall = wallDate(atMs, timeZone);
    return { atMs, label: `${weekday(wall)} ${isoDate(wall)}` };
  });
  return { ticks, centred: false, context };
}

function dayTicks(fromMs: number, toMs: number, timeZone: string): TimeTicks {
  const ticks = startsOfDays(fromMs, toMs, timeZone).map((atMs) => {
    const wall = wallDate(atMs, timeZone);
    return { atMs, label: `${weekday(wall)} ${wall.getUTCDate()}`, boundary: wall.getUTCDate() === 1 };
  });
  return {
    ticks,
    centred: true,
    context: startsOfMonths(fromMs, toMs, 1, timeZone).map((atMs) => ({
      atMs,
      label: isoMonth(wallDate(atMs, timeZone)),
    })),
  };
}

function weekTicks(fromMs: number, toMs: number, timeZone: string): TimeTicks {
  const ticks: TimeTick[] = [];
  for (const atMs of startsOfDays(fromMs, toMs, timeZone)) {
    const wall = wallDate(atMs, timeZone);
    if (wall.getUTCDay() === 1 && atMs >= fromMs) ticks.push({ atMs, label: monthDay(wall), boundary: false });
  }
  return { ticks, centred: false, context: years(fromMs, toMs, timeZone) };
}

function monthTicks(fromMs: number, toMs: number, months: number, timeZone: string): TimeTicks {
  const ticks: TimeTick[] = [];
  for (const atMs of startsOfMonths(fromMs, toMs, months, timeZone)) {
    if (atMs < fromMs) continue;
    const wall = wallDate(atMs, timeZone);
    const yearStart = wall.getUTCMonth() === 0;
    ticks.push({
      atMs,
      label: months >= 12 ? String(wall.getUTCFullYear()) : isoMonth(wall),
      boundary: yearStart && months < 12,
    });
  }
  return { ticks, centred: false, context: [] };
}

const years = (fromMs: number, toMs: number, timeZone: string): { atMs: number; label: string }[] =>
  startsOfMonths(fromMs, toMs, 12, timeZone).map((atMs) => ({
    atMs,
    label: String(wallDate(atMs, timeZone).getUTCFullYear()),
  }));

/** Starts of the local days that touch the range, the first at or before `fromMs`. */
function startsOfDays(fromMs: number, toMs: number, timeZone: string): number[] {
  const starts: number[] = [];
  const lastWall = toMs + offsetMs(toMs, timeZone);
  for (let wallMs = Math.floor((fromMs + offsetMs(fromMs, timeZone)) / DAY) * DAY; wallMs <= lastWall; wallMs += DAY) {
    starts.push(startOfWall(wallMs, timeZone));
  }
  return starts;
}

/** Starts of every `months`-th month that touch the range, the first at or before `fromMs`. */
function startsOfMonths(fromMs: number, toMs: number, months: number, timeZone: string): number[] {
  const starts: number[] = [];
  const first = wallDate(fromMs, timeZone);
  let index = first.getUTCFullYear() * 12 + first.getUTCMonth();
  index -= modulo(index, months);
  for (;;) {
    const wallMs = Date.UTC(Math.floor(index / 12), modulo(index, 12), 1);
    const atMs = startOfWall(wallMs, timeZone);
    if (atMs > toMs) return starts;
    starts.push(atMs);
    index += months;
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
