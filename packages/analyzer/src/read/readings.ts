/**
 * Readings of one series, all agents' mixed, ascending in time: the common shape in which gauges, rates and
 * computed values reach composites and alarms. Views into the store's columns where possible. Pure.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { GaugeColumns } from '@kaiku/store';

export interface Readings {
  readonly ts: Float64Array;
  /** NaN where the probe failed. */
  readonly value: Float64Array;
  /** 0: a value; anything else: why not (PROBE_STATUS). */
  readonly status: Uint8Array;
}

export const NO_READINGS: Readings = {
  ts: new Float64Array(0),
  value: new Float64Array(0),
  status: new Uint8Array(0),
};

export function isOk(status: number | undefined): boolean {
  return status === PROBE_STATUS.ok;
}

/** Calls back with each run of equal ids of a column sorted by id. */
export function eachRun(ids: BigUint64Array, onRun: (id: bigint, from: number, to: number) => void): void {
  let from = 0;
  for (let at = 1; at <= ids.length; at += 1) {
    if (at < ids.length && ids[at] === ids[from]) continue;
    const id = ids[from];
    if (id !== undefined) onRun(id, from, at);
    from = at;
  }
}

/** Gauge columns cut by series; no value is copied. */
export function gaugeReadings(columns: GaugeColumns): ReadonlyMap<bigint, Readings> {
  const out = new Map<bigint, Readings>();
  eachRun(columns.series, (id, from, to) => {
    out.set(id, {
      ts: columns.ts.subarray(from, to),
      value: columns.value.subarray(from, to),
      status: columns.status.subarray(from, to),
    });
  });
  return out;
}

/** Index of the first reading at or after `tsMs`. */
export function firstAt(ts: Float64Array, tsMs: number): number {
  let low = 0;
  let high = ts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ts[middle] ?? 0) < tsMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
