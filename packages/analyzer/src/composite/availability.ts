/**
 * Availability of a device over windows of fixed length, from the observations of its availability metrics. Pure.
 *
 * Each observation vouches for the time until the next one, if that comes within one and a half intervals, else for
 * one interval. The interval is the one planned or, where sampling is seen to be sparser (history, a plan since
 * changed), the distance from the observation before. The device was up where any agent had an answer on any of the metrics; where nobody looked the time
 * is unobserved, which is neither up nor down.
 */
import { NO_READINGS, type Readings } from '../read/readings.ts';
import { mergeSlots } from '../read/slots.ts';

/** How long after an interval a late sample may still come before the time counts as unobserved. */
const HOLD_FACTOR = 1.5;
/** Sparser sampling than this is taken for holes. */
const LONGEST_INTERVAL_MS = 600_000;

export interface WindowValues {
  /** Start of the first window, ms. */
  readonly fromMs: number;
  readonly windowMs: number;
  /** Up share of the observed time, 0..1; NaN where nothing was observed. */
  readonly value: Float64Array;
  /** Observed share of the window, 0..1. */
  readonly observed: Float64Array;
}

/** How far around a window samples are needed to know it to its edges. */
export const AVAILABILITY_MARGIN_MS = LONGEST_INTERVAL_MS * (1 + HOLD_FACTOR);

/**
 * @param metrics readings of each availability metric, with `AVAILABILITY_MARGIN_MS` before and after the windows
 * @param everyMs planned interval of the samples
 * @param windows how many windows of `windowMs` from `fromMs` on
 */
export function availabilityWindows(
  metrics: readonly Readings[],
  everyMs: number,
  fromMs: number,
  windowMs: number,
  windows: number,
): WindowValues {
  const { ts, ok, length } = mergeSlots(joined(metrics), everyMs);
  const up = new Float64Array(windows);
  const seen = new Float64Array(windows);
  const endMs = fromMs + windows * windowMs;
  for (let slot = 0; slot < length; slot += 1) {
    const atMs = ts[slot] ?? 0;
    const nextMs = slot + 1 < length ? (ts[slot + 1] ?? 0) : Number.POSITIVE_INFINITY;
    const beforeMs = slot > 0 ? atMs - (ts[slot - 1] ?? 0) : 0;
    const intervalMs = Math.max(beforeMs > LONGEST_INTERVAL_MS ? 0 : beforeMs, everyMs);
    const heldMs = nextMs - atMs <= intervalMs * HOLD_FACTOR ? nextMs - atMs : everyMs;
    const isUp = (ok[slot] ?? 0) > 0;
    let from = Math.max(atMs, fromMs);
    const to = Math.min(atMs + heldMs, endMs);
    while (from < to) {
      const index = Math.floor((from - fromMs) / windowMs);
      const until = Math.min(to, fromMs + (index + 1) * windowMs);
      seen[index] = (seen[index] ?? 0) + until - from;
      if (isUp) up[index] = (up[index] ?? 0) + until - from;
      from = until;
    }
  }
  const value = up.map((ms, index) => ((seen[index] ?? 0) > 0 ? ms / (seen[index] ?? 1) : Number.NaN));
  return { fromMs, windowMs, value, observed: seen.map((ms) => Math.min(ms / windowMs, 1)) };
}

/** All metrics' readings in one, ascending. */
function joined(metrics: readonly Readings[]): Readings {
  const [first = NO_READINGS] = metrics;
  if (metrics.length <= 1) return first;
  const order = metrics.flatMap((each, metric) => Array.from(each.ts, (ts, at) => ({ ts, metric, at })));
  order.sort((a, b) => a.ts - b.ts);
  return {
    ts: Float64Array.from(order, ({ ts }) => ts),
    value: Float64Array.from(order, ({ metric, at }) => metrics[metric]?.value[at] ?? Number.NaN),
    status: Uint8Array.from(order, ({ metric, at }) => metrics[metric]?.status[at] ?? 0),
  };
}
