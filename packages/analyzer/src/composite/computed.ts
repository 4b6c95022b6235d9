/**
 * Values computed from two metrics (utilisation, share of storage), sample by sample: each reading of the first is
 * set against the newest known value of the second. Pure.
 */
import type { ComputedMetric } from '@kaiku/catalog';
import { isOk, NO_READINGS, type Readings } from '../read/readings.ts';

/** Newest reading of a series with a value. */
export interface LastValue {
  readonly ts: number;
  readonly value: number;
}

/** The newer of what was known and what the readings hold. */
export function newestValue(readings: Readings | undefined, known: LastValue | undefined): LastValue | undefined {
  if (readings === undefined) return known;
  for (let at = readings.ts.length - 1; at >= 0; at -= 1) {
    const value = readings.value[at] ?? Number.NaN;
    if (!isOk(readings.status[at]) || Number.isNaN(value)) continue;
    const ts = readings.ts[at] ?? 0;
    return known !== undefined && known.ts > ts ? known : { ts, value };
  }
  return known;
}

/**
 * @param of readings that trigger the computation
 * @param against readings of the other metric in the same range, ascending
 * @param known its newest value from before, used where the range holds none early enough
 */
export function computeReadings(
  metric: ComputedMetric,
  of: Readings,
  against: Readings | undefined,
  known: LastValue | undefined,
): Readings {
  const rows = of.ts.length;
  const other = against ?? NO_READINGS;
  const value = new Float64Array(rows);
  // The earliest value there is serves samples from before it: the speed of a link is known once it is known.
  let current = known?.value ?? firstValue(against);
  let next = 0;
  for (let row = 0; row < rows; row += 1) {
    const atMs = of.ts[row] ?? 0;
    while (next < other.ts.length && (other.ts[next] ?? 0) <= atMs) {
      const candidate = other.value[next] ?? Number.NaN;
      if (isOk(other.status[next]) && !Number.isNaN(candidate)) current = candidate;
      next += 1;
    }
    value[row] = isOk(of.status[row]) ? metric.compute(of.value[row] ?? Number.NaN, current) : Number.NaN;
  }
  return { ts: of.ts, value, status: of.status };
}

function firstValue(readings: Readings | undefined): number {
  if (readings === undefined) return Number.NaN;
  for (let at = 0; at < readings.ts.length; at += 1) {
    const value = readings.value[at] ?? Number.NaN;
    if (isOk(readings.status[at]) && !Number.isNaN(value)) return value;
  }
  return Number.NaN;
}
