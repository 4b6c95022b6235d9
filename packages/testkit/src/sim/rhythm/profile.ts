/**
 * Weekly rhythms: how busy something is at a time of the week, and the integral of it, which is what
 * counters count. Both are closed forms over a table of quarter hours, so any moment costs the same
 * and history and live values come from one function. Mean over the week is 1. Pure.
 */

/** A Monday, 00:00 UTC: seconds are counted from here to keep full precision. */
export const RHYTHM_EPOCH_MS = Date.UTC(2025, 0, 6);

const CELL_S = 900;
const CELLS = 672;
const WEEK_S = CELL_S * CELLS;

export interface Profile {
  /** Busyness, mean 1, at `seconds` since RHYTHM_EPOCH_MS. */
  readonly at: (seconds: number) => number;
  /** Integral of `at` from the epoch: seconds of mean busyness. */
  readonly integral: (seconds: number) => number;
}

/**
 * @param shape busyness at an hour of the local day (0..24) on a day of the week (0 Monday); any scale
 * @param utcOffsetHours local time minus UTC
 */
function createProfile(shape: (hour: number, day: number) => number, utcOffsetHours: number): Profile {
  const rate = new Float64Array(CELLS + 1);
  for (let cell = 0; cell <= CELLS; cell += 1) {
    const local = (((cell * CELL_S) / 3600 + utcOffsetHours + 168) % 168) / 24;
    rate[cell] = Math.max(0, shape((local % 1) * 24, Math.floor(local)));
  }
  let total = 0;
  for (let cell = 0; cell < CELLS; cell += 1) total += ((rate[cell] ?? 0) + (rate[cell + 1] ?? 0)) / 2;
  const mean = total / CELLS;
  const sum = new Float64Array(CELLS + 1);
  for (let cell = 0; cell <= CELLS; cell += 1) rate[cell] = (rate[cell] ?? 0) / mean;
  for (let cell = 0; cell < CELLS; cell += 1) {
    sum[cell + 1] = (sum[cell] ?? 0) + (((rate[cell] ?? 0) + (rate[cell + 1] ?? 0)) / 2) * CELL_S;
  }
  return {
    at: (seconds) => {
      const position = (((seconds % WEEK_S) + WEEK_S) % WEEK_S) / CELL_S;
      const cell = Math.floor(position);
      const from = rate[cell] ?? 0;
      return from + ((rate[cell + 1] ?? 0) - from) * (position - cell);
    },
    integral: (seconds) => {
      const week = Math.floor(seconds / WEEK_S);
      const inside = seconds - week * WEEK_S;
      const cell = Math.min(Math.floor(inside / CELL_S), CELLS - 1);
      const into = inside - cell * CELL_S;
      const from = rate[cell] ?? 0;
      const slope = ((rate[cell + 1] ?? 0) - from) / CELL_S;
      return week * WEEK_S + (sum[cell] ?? 0) + from * into + (slope * into * into) / 2;
    },
  };
}

const weekend = (day: number): boolean => day >= 5;

function bell(hour: number, centre: number, width: number): number {
  return Math.exp(-(((hour - centre) / width) ** 2));
}

export type RhythmName = keyof typeof SHAPES;

/** Shapes of a week in an office. */
const SHAPES = {
  /** People at work: two humps with lunch between, quiet nights and weekends. */
  office: (hour: number, day: number) =>
    weekend(day) ? 0.06 + 0.05 * bell(hour, 13, 5) : 0.05 + bell(hour, 9.6, 1.9) + 0.9 * bell(hour, 13.8, 2),
  /** Public services: busy into the evening, some at weekends. */
  public: (hour: number, day: number) =>
    (weekend(day) ? 0.45 : 1) * (0.12 + bell(hour, 10.5, 3) + 0.75 * bell(hour, 17.5, 3.2)),
  /** Backups at night above a small base. */
  nightly: (hour: number) => 0.08 + 2.4 * bell(hour, 1.6, 0.7) + 0.5 * bell(hour, 4.5, 0.5),
  /** Machines among themselves: nearly level. */
  steady: (hour: number) => 1 + 0.12 * bell(hour, 12, 5),
} as const;

/** All rhythms of one time zone. */
export function createRhythms(utcOffsetHours: number): Readonly<Record<RhythmName, Profile>> {
  return {
    office: createProfile(SHAPES.office, utcOffsetHours),
    public: createProfile(SHAPES.public, utcOffsetHours),
    nightly: createProfile(SHAPES.nightly, utcOffsetHours),
    steady: createProfile(SHAPES.steady, utcOffsetHours),
  };
}
