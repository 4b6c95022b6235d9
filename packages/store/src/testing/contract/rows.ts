/** Rows for the contract, sealed and inserted as agents and loggers do. Each test uses series and names of its own. */
import { agentId, openBatch, sealBatch, seriesId } from '@kaiku/protocol';
import type { BatchVersion, OpenedBlock, TableRows, VerdictCode } from '@kaiku/protocol';
import type { Store } from '../../api.ts';

/** Samples lie on a fixed day in the past, at the start of an hour. */
export const T0 = Date.UTC(2026, 4, 20, 12);
export const STEP = 30_000;
export const HOUR = 3_600_000;
export const A1 = agentId('agent-1');
export const A2 = agentId('agent-2');

export const VERSIONS = [1, 2] as const satisfies readonly BatchVersion[];

/** Blocks as a logger gets them from a batch of that version. */
function blocksOf(tables: readonly TableRows[], version: BatchVersion): readonly OpenedBlock[] {
  const head = { agent: 'agent-1', epoch: 1, seq: 1, firstMs: T0, lastMs: T0, sealedMs: T0, missedSlots: 0 };
  const opened = openBatch(sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, tables, version).bytes);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.blocks;
}

export function blockOf(rows: TableRows, version: BatchVersion): OpenedBlock {
  const [block] = blocksOf([rows], version);
  if (block === undefined) throw new Error('no block');
  return block;
}

let version: BatchVersion = 1;

/** Seals tables as an agent does and inserts their blocks as a logger does; the versions take turns. */
export async function insert(store: Store, tables: readonly TableRows[]): Promise<void> {
  version = version === 1 ? 2 : 1;
  for (const { table, frame, encoding } of blocksOf(tables, version)) {
    await store.insertFrames(table, [frame], encoding);
  }
}

export type GaugeRow = readonly [series: bigint, ts: number, agent: bigint, value: number, status?: number];

export function gaugeRows(rows: readonly GaugeRow[]): TableRows {
  return {
    table: 'gauge',
    rows: rows.length,
    data: [
      BigUint64Array.from(rows, (row) => row[0]),
      BigInt64Array.from(rows, (row) => BigInt(row[1])),
      BigUint64Array.from(rows, (row) => row[2]),
      Float64Array.from(rows, (row) => row[3]),
      Uint8Array.from(rows, (row) => row[4] ?? 0),
    ],
  };
}

export type CounterRow = readonly [
  series: bigint,
  ts: number,
  agent: bigint,
  value: bigint,
  verdict: VerdictCode,
  intervalMs?: number,
];

export function counterRows(rows: readonly CounterRow[]): TableRows {
  return {
    table: 'counter',
    rows: rows.length,
    data: [
      BigUint64Array.from(rows, (row) => row[0]),
      BigInt64Array.from(rows, (row) => BigInt(row[1])),
      BigUint64Array.from(rows, (row) => row[2]),
      BigUint64Array.from(rows, (row) => row[3]),
      Uint32Array.from(rows, (row) => row[5] ?? STEP),
      Uint8Array.from(rows, (row) => row[4]),
    ],
  };
}

let unique = 0;
export const ownSeries = (): bigint => seriesId({ entity: `contract-${(unique += 1)}`, metric: 'rtt', instance: '' });
export const count = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));
export const NAN = Number.NaN;
