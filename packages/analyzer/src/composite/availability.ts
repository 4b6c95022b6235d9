/**
 * Availability of a device over windows of fixed length, from the observations of what proves it to be there. Pure.
 *
 * Each observation vouches for the time until the next one of its series, if that comes within one and a half
 * intervals, else for one interval, and never for more than an hour. The interval is the one planned or, where sampling
 * is seen to be sparser (history, a plan since changed), the distance from the observation before. A series is up where
 * any agent had an answer.
 *
 * ```
 *  smtp  up ███████████ down ░░░░ up ███████      a proof holds while all of its series are up,
 *  imap  up ██████ unobserved ······ up ████      the device is up while any of its proofs holds
 *  mail  up ██████ ····· down ░░░░ · up ████
 * ```
 *
 * Three values: what fails decides where all are needed, what answers where any will do; otherwise what is not observed
 * leaves the whole unobserved, which is neither up nor down.
 */
import type { Readings } from '../read/readings.ts';
import { mergeSlots } from '../read/slots.ts';

/** How long after an interval a late sample may still come before the time counts as unobserved. */
const HOLD_FACTOR = 1.5;
/** Sparser sampling than this, where it was not planned, is taken for holes. */
const LONGEST_INTERVAL_MS = 600_000;
/** A look once a day says nothing about the evening. It bounds what is read around a window, too. */
const VOUCH_AT_MOST_MS = 3_600_000;

export interface WindowValues {
  /** Start of the first window, ms. */
  readonly fromMs: number;
  readonly windowMs: number;
  /** Up share of the observed time, 0..1; NaN where nothing was observed. */
  readonly value: Float64Array;
  /** Observed share of the window, 0..1. */
  readonly observed: Float64Array;
}

/** One series of a proof. */
export interface ProofReadings {
  readonly readings: Readings;
  /** Planned interval of its samples. */
  readonly everyMs: number;
}

/** How far around a window samples are needed to know it to its edges, at the longest interval of several. */
export function availabilityMarginMs(longestEveryMs: number): number {
  const vouchedMs = Math.min(longestEveryMs, VOUCH_AT_MOST_MS) * HOLD_FACTOR;
  return Math.max(vouchedMs, LONGEST_INTERVAL_MS * (1 + HOLD_FACTOR));
}

/**
 * @param proofs readings of the series of each proof, with `availabilityMarginMs` before and after the windows
 * @param windows how many windows of `windowMs` from `fromMs` on
 */
export function availabilityWindows(
  proofs: readonly (readonly ProofReadings[])[],
  fromMs: number,
  windowMs: number,
  windows: number,
): WindowValues {
  const endMs = fromMs + windows * windowMs;
  const held = proofs.map((series) =>
    series.map((each) => stretchesOf(each, fromMs, endMs)).reduce((a, b) => together(a, b, Math.min)),
  );
  const stretches = held.length === 0 ? [] : held.reduce((a, b) => together(a, b, Math.max));
  const up = new Float64Array(windows);
  const seen = new Float64Array(windows);
  stretches.forEach(({ atMs, state }, index) => {
    if (state === UNOBSERVED) return;
    let from = atMs;
    const to = stretches[index + 1]?.atMs ?? endMs;
    while (from < to) {
      const window = Math.floor((from - fromMs) / windowMs);
      const until = Math.min(to, fromMs + (window + 1) * windowMs);
      seen[window] = (seen[window] ?? 0) + until - from;
      if (state === UP) up[window] = (up[window] ?? 0) + until - from;
      from = until;
    }
  });
  const value = up.map((ms, index) => ((seen[index] ?? 0) > 0 ? ms / (seen[index] ?? 1) : Number.NaN));
  return { fromMs, windowMs, value, observed: seen.map((ms) => Math.min(ms / windowMs, 1)) };
}

/** In this order the lesser of two is what all need, the greater what any gives (Kleene). */
const DOWN = 0;
const UNOBSERVED = 1;
const UP = 2;

/** A state from a moment on, until the next stretch begins. */
interface Stretch {
  readonly atMs: number;
  readonly state: number;
}

/** What one series says from `fromMs` to `endMs`. The first stretch begins at `fromMs`. */
function stretchesOf({ readings, everyMs }: ProofReadings, fromMs: number, endMs: number): readonly Stretch[] {
  const { ts, ok, length } = mergeSlots(readings, everyMs);
  const out: Stretch[] = [{ atMs: fromMs, state: UNOBSERVED }];
  const put = (atMs: number, state: number): void => {
    if (atMs === out.at(-1)?.atMs) out.pop();
    if (out.at(-1)?.state !== state) out.push({ atMs, state });
  };
  for (let slot = 0; slot < length; slot += 1) {
    const atMs = ts[slot] ?? 0;
    const nextMs = slot + 1 < length ? (ts[slot + 1] ?? 0) : Number.POSITIVE_INFINITY;
    const beforeMs = slot > 0 ? atMs - (ts[slot - 1] ?? 0) : 0;
    const intervalMs = Math.max(beforeMs > LONGEST_INTERVAL_MS ? 0 : beforeMs, everyMs);
    const heldMs = Math.min(nextMs - atMs <= intervalMs * HOLD_FACTOR ? nextMs - atMs : everyMs, VOUCH_AT_MOST_MS);
    const from = Math.max(atMs, fromMs);
    const to = Math.min(atMs + heldMs, endMs);
    if (from >= to) continue;
    put(from, (ok[slot] ?? 0) > 0 ? UP : DOWN);
    if (to < endMs) put(to, UNOBSERVED);
  }
  return out;
}

function together(
  a: readonly Stretch[],
  b: readonly Stretch[],
  join: (a: number, b: number) => number,
): readonly Stretch[] {
  const out: Stretch[] = [];
  let [atA, atB] = [0, 0];
  for (;;) {
    const [now, other] = [a[atA], b[atB]];
    if (now === undefined || other === undefined) return out;
    const state = join(now.state, other.state);
    if (out.at(-1)?.state !== state) out.push({ atMs: Math.max(now.atMs, other.atMs), state });
    const [nextA, nextB] = [a[atA + 1]?.atMs ?? Infinity, b[atB + 1]?.atMs ?? Infinity];
    if (nextA === Infinity && nextB === Infinity) return out;
    if (nextA <= nextB) atA += 1;
    if (nextB <= nextA) atB += 1;
  }
}
