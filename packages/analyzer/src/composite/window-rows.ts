/**
 * The derived rows of one device over a run of windows: availability, and the averages of its computed metrics. Pure.
 */
import type { DerivedRecord } from '@kaiku/protocol';
import { windowAverage, type Steps } from '../rate/rates.ts';
import { firstAt, isOk, type Readings } from '../read/readings.ts';
import { availabilityWindows, type ProofReadings } from './availability.ts';
import type { ComputedMetric } from '@kaiku/catalog';

export const WINDOW_MS = 300_000;

export type WindowResult = Omit<DerivedRecord, 'version' | 'final'>;

export function availabilityRows(
  series: bigint,
  proofs: readonly (readonly ProofReadings[])[],
  fromMs: number,
  windows: number,
): readonly WindowResult[] {
  const { value, observed } = availabilityWindows(proofs, fromMs, WINDOW_MS, windows);
  return Array.from({ length: windows }, (_, at) => ({
    series,
    tsMs: fromMs + at * WINDOW_MS,
    windowMs: WINDOW_MS,
    value: value[at] ?? Number.NaN,
    observed: observed[at] ?? 0,
  }));
}

/** Windows of which nothing was seen, or whose value would mean nothing, give no row. */
export function averageRows(
  series: bigint,
  computed: ComputedMetric,
  steps: readonly Steps[],
  against: Readings,
  fromMs: number,
  windows: number,
): readonly WindowResult[] {
  const out: WindowResult[] = [];
  for (let at = 0; at < windows; at += 1) {
    const tsMs = fromMs + at * WINDOW_MS;
    const { perSecond, observed } = windowAverage(steps, tsMs, tsMs + WINDOW_MS);
    if (observed === 0) continue;
    const value = computed.compute(perSecond, valueAt(against, tsMs + WINDOW_MS));
    if (!Number.isNaN(value)) out.push({ series, tsMs, windowMs: WINDOW_MS, value, observed });
  }
  return out;
}

/** Newest value before a moment; the first one there is when all are later. */
function valueAt(readings: Readings, beforeMs: number): number {
  const end = firstAt(readings.ts, beforeMs);
  for (let at = end - 1; at >= 0; at -= 1) if (isOk(readings.status[at])) return readings.value[at] ?? Number.NaN;
  for (let at = end; at < readings.ts.length; at += 1) {
    if (isOk(readings.status[at])) return readings.value[at] ?? Number.NaN;
  }
  return Number.NaN;
}
