/**
 * Reads readings of many series in one go, gauges as they are, counters as rates. Feeds alarms (live and recovery)
 * and windows. Long lists of ids are cut, so that a question stays within what a store takes.
 */
import type { CounterColumns, GaugeColumns } from '@kaiku/store';
import { counterSteps, type Steps } from '../rate/rates.ts';
import { gaugeReadings, type Readings } from './readings.ts';
import type { StoreReader } from './store-reader.ts';

export interface RawRead {
  readonly gauges: ReadonlyMap<bigint, Readings>;
  readonly counters: ReadonlyMap<bigint, readonly Steps[]>;
}

export interface ReadRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** About 100 KB of SQL. */
const IDS_PER_READ = 4000;

function* cut(ids: readonly bigint[]): Generator<readonly bigint[]> {
  for (let at = 0; at < ids.length; at += IDS_PER_READ) yield ids.slice(at, at + IDS_PER_READ);
}

/** @throws StoreError when no store answers */
export async function readRaw(
  pool: StoreReader,
  gauges: { readonly ids: readonly bigint[] } & ReadRange,
  counters: { readonly ids: readonly bigint[] } & ReadRange,
): Promise<RawRead> {
  const gaugeMap = new Map<bigint, Readings>();
  const counterMap = new Map<bigint, readonly Steps[]>();
  for (const ids of cut(gauges.ids)) {
    const columns: GaugeColumns = await pool.read((store) => store.read.gauges(ids, gauges.fromMs, gauges.toMs));
    for (const [id, readings] of gaugeReadings(columns)) gaugeMap.set(id, readings);
  }
  for (const ids of cut(counters.ids)) {
    const columns: CounterColumns = await pool.read((store) =>
      store.read.counters(ids, counters.fromMs, counters.toMs),
    );
    for (const [id, steps] of counterSteps(columns)) counterMap.set(id, steps);
  }
  return { gauges: gaugeMap, counters: counterMap };
}
