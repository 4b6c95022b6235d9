/**
 * Readings of several agents on one target, merged into observations: one for each slot of the schedule. Agents
 * sample a target in the same aligned slot, so readings less than half an interval apart belong together. Pure.
 *
 * If two agents disagree about a target, the fault is the path's or the agent's, not the target's: an observation
 * keeps the lowest and the highest value, and a rule looks at the one nearer to good.
 *
 * A probe that an agent had no time for (`missed`) was none: nothing is known of that slot, which is not a failure.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import { isOk, type Readings } from './readings.ts';

/** Parallel columns, ascending in time. */
export interface Observations {
  /** Time of the slot's first reading. */
  readonly ts: Float64Array;
  /** Lowest and highest value of the slot; NaN when every probe failed. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Readings in the slot, i.e. agents that tried. */
  readonly tried: Uint16Array;
  /** Of these, with a value. */
  readonly ok: Uint16Array;
  /** Why the first failed probe of the slot failed (PROBE_STATUS); 0 when none did. */
  readonly failure: Uint8Array;
  readonly length: number;
}

export function mergeSlots(readings: Readings, everyMs: number): Observations {
  const rows = readings.ts.length;
  const ts = new Float64Array(rows);
  const low = new Float64Array(rows).fill(Number.NaN);
  const high = new Float64Array(rows).fill(Number.NaN);
  const tried = new Uint16Array(rows);
  const ok = new Uint16Array(rows);
  const failure = new Uint8Array(rows);
  let slot = -1;
  for (let row = 0; row < rows; row += 1) {
    const atMs = readings.ts[row] ?? 0;
    const status = readings.status[row] ?? 0;
    if (status === PROBE_STATUS.missed) continue;
    if (slot < 0 || atMs >= (ts[slot] ?? 0) + everyMs / 2) {
      slot += 1;
      ts[slot] = atMs;
    }
    tried[slot] = (tried[slot] ?? 0) + 1;
    const value = readings.value[row] ?? Number.NaN;
    if (!isOk(status) || Number.isNaN(value)) {
      if (failure[slot] === 0) failure[slot] = status;
      continue;
    }
    ok[slot] = (ok[slot] ?? 0) + 1;
    low[slot] = Math.min(Number.isNaN(low[slot] ?? Number.NaN) ? value : (low[slot] ?? value), value);
    high[slot] = Math.max(Number.isNaN(high[slot] ?? Number.NaN) ? value : (high[slot] ?? value), value);
  }
  return { ts, low, high, tried, ok, failure, length: slot + 1 };
}
