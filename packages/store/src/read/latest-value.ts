/**
 * The newest value of a series out of the newest readings of each agent. Pure.
 *
 * Several agents may measure one target: a failure seen by one while another succeeds at about the same
 * time is the path's, so a good reading within the tolerance goes before a failed one.
 */
import { counterDelta, type VerdictCode } from '@kaiku/protocol';
import type { LatestValue } from '../api.ts';

/** Within this time of the newest reading, another agent's success counts more than a failure. */
const TOLERANCE_MS = 90_000;

/** The better of two agents' readings of one series. */
export function preferLatest(a: LatestValue, b: LatestValue): LatestValue {
  const newer = a.ts >= b.ts ? a : b;
  const older = newer === a ? b : a;
  const rescued = newer.status !== 0 && older.status === 0 && newer.ts - older.ts <= TOLERANCE_MS;
  return rescued ? older : newer;
}

export interface CounterReadingRow {
  readonly ts: number;
  readonly value: bigint;
  readonly intervalMs: number;
  readonly verdict: number;
}

/** Rate per second over the step to `now`; NaN where there is none. Same rule as counterStepsSql. */
export function counterRate(before: CounterReadingRow | undefined, now: CounterReadingRow): number {
  if (before === undefined || now.intervalMs === 0) return Number.NaN;
  if (now.ts - before.ts > Math.min(now.intervalMs * 1.5 + 2000, now.intervalMs * 1.9)) return Number.NaN;
  const delta = counterDelta(before.value, now.value, now.verdict as VerdictCode);
  return delta === undefined ? Number.NaN : (delta * 1000) / now.intervalMs;
}
