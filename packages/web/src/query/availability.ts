/**
 * Availability over a range, as the analyzers worked it out, folded into equal cells. Four-valued:
 * time nobody observed is neither up nor down, it stays visible as unobserved. Folding is pure.
 */
import { seriesId } from '@kaiku/protocol';
import type { DerivedRow } from '@kaiku/store';
import type { Reader } from './reader.ts';

export interface AvailabilityCell {
  /** Up share of the observed time, 0..1; NaN where nothing was observed. */
  readonly share: number;
  /** Observed share of the cell's time, 0..1. */
  readonly observed: number;
}

export interface Availability extends AvailabilityCell {
  readonly fromMs: number;
  readonly cellMs: number;
  readonly cells: readonly AvailabilityCell[];
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: number;
}

/** Availability of each device that has any. @throws UnavailableError */
export async function readAvailability(
  reader: Reader,
  devices: readonly string[],
  window: Window,
): Promise<ReadonlyMap<string, Availability>> {
  const owners = new Map(devices.map((entity) => [seriesId({ entity, metric: 'availability', instance: '' }), entity]));
  const rows = await reader.read('availability', (store) =>
    store.read.derived([...owners.keys()], window.fromMs, window.toMs),
  );
  const byDevice = Map.groupBy(rows, (row) => owners.get(row.series) ?? '');
  byDevice.delete('');
  return new Map([...byDevice].map(([device, own]) => [device, fold(own, window)]));
}

/** Of several window lengths the shortest is taken: they say the same. */
export function fold(rows: readonly DerivedRow[], { fromMs, toMs, cells }: Window): Availability {
  const cellMs = (toMs - fromMs) / cells;
  const up = new Float64Array(cells);
  const seen = new Float64Array(cells);
  const shortest = rows.reduce((least, row) => Math.min(least, row.windowMs), Number.POSITIVE_INFINITY);
  for (const row of rows) {
    const index = Math.floor((row.ts - fromMs) / cellMs);
    if (row.windowMs !== shortest || index < 0 || index >= cells || !(row.observed > 0)) continue;
    const observedMs = row.observed * row.windowMs;
    seen[index] = (seen[index] ?? 0) + observedMs;
    up[index] = (up[index] ?? 0) + observedMs * (Number.isFinite(row.value) ? row.value : 0);
  }
  return summed(up, seen, fromMs, cellMs);
}

/** Mean of several, weighted by what was observed. */
export function together(parts: readonly Availability[]): Availability | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const up = new Float64Array(first.cells.length);
  const seen = new Float64Array(first.cells.length);
  for (const part of parts) {
    part.cells.forEach((cell, index) => {
      const ms = (cell.observed * first.cellMs) / parts.length;
      seen[index] = (seen[index] ?? 0) + ms;
      if (ms > 0) up[index] = (up[index] ?? 0) + ms * cell.share;
    });
  }
  return summed(up, seen, first.fromMs, first.cellMs);
}

function summed(up: Float64Array, seen: Float64Array, fromMs: number, cellMs: number): Availability {
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const observed = total(seen);
  return {
    fromMs,
    cellMs,
    share: observed > 0 ? total(up) / observed : Number.NaN,
    observed: observed / (cellMs * seen.length),
    cells: Array.from(seen, (ms, index) => ({
      share: ms > 0 ? (up[index] ?? 0) / ms : Number.NaN,
      observed: Math.min(1, ms / cellMs),
    })),
  };
}
