/**
 * What a logger believes of a block: exactly a block of its table, as many rows as the header said, and every row the
 * sealing agent's own. Tells the times of its samples. Pure.
 */
import { checkBlock, type ColumnRange } from '../bytes/native.ts';
import { unzstd } from '../bytes/zstd-frame.ts';
import type { OpenedBlock, RefusedBatch } from './envelope.ts';
import { BATCH_LIMITS } from './header.ts';
import { BATCH_TABLES, type BatchTable } from './tables.ts';

/** `firstMs..lastMs` are the times of the rows of a table of samples (gauge, counter) or events, else undefined. */
export type FrameCheck =
  | { readonly ok: true; readonly block: Uint8Array; readonly times: SampleTimes | undefined }
  | RefusedBatch;

export interface SampleTimes {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Rows by hour of sample time, ascending; empty when they span more than LONGEST_SPAN_HOURS. */
  readonly hours: readonly { readonly hourMs: number; readonly rows: number }[];
}

const HOUR_MS = 3_600_000;
/** No cycle spans a month; nobody counts the hours of one that claims to. */
const LONGEST_SPAN_HOURS = 32 * 24 + 1;

/** Tables whose rows are samples: their `ts` says what a batch covers. */
const SAMPLE_TABLES: ReadonlySet<BatchTable> = new Set(['gauge', 'counter', 'event']);

/** The block itself: of version 1 decompressed under the size limit. */
function blockOf({ frame, encoding }: OpenedBlock): Buffer {
  if (encoding === 'zstd') return unzstd(frame, BATCH_LIMITS.blockBytes);
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
}

/**
 * Checks one block against its table: structure, row count and, where the table has an `agent` column, that every row
 * speaks for `agent` (its 64-bit id).
 */
export function checkFrame(opened: OpenedBlock, agent: bigint): FrameCheck {
  let block: Buffer;
  try {
    block = blockOf(opened);
  } catch (error) {
    return { ok: false, reason: `${opened.table}: ${error instanceof Error ? error.message : 'zstd'}` };
  }
  const check = checkBlock(BATCH_TABLES[opened.table], block);
  if (!check.ok) return { ok: false, reason: `${opened.table}: ${check.reason}` };
  if (check.rows !== opened.rows)
    return { ok: false, reason: `${opened.table}: ${check.rows} rows, not ${opened.rows}` };
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const agents = check.columns.find((range) => range.name === 'agent');
  if (agents !== undefined && !holdsOnly(view, agents, agent)) {
    return { ok: false, reason: `${opened.table}: rows of another agent` };
  }
  const stamps = SAMPLE_TABLES.has(opened.table) ? check.columns.find((range) => range.name === 'ts') : undefined;
  return { ok: true, block, times: stamps === undefined ? undefined : timesOf(view, stamps) };
}

/** True when every 64-bit value of a column is `value`. Reads halves: no BigInt per row. */
function holdsOnly(view: DataView, column: ColumnRange, value: bigint): boolean {
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n);
  for (let at = column.start; at < column.end; at += 8) {
    if (view.getUint32(at, true) !== low || view.getUint32(at + 4, true) !== high) return false;
  }
  return true;
}

function timesOf(view: DataView, column: ColumnRange): SampleTimes {
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for (let at = column.start; at < column.end; at += 8) {
    const ms = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    if (ms < firstMs) firstMs = ms;
    if (ms > lastMs) lastMs = ms;
  }
  return { firstMs, lastMs, hours: hoursOf(view, column, firstMs, lastMs) };
}

/** Nearly every batch lies within one hour: then its rows are not read again. */
function hoursOf(view: DataView, column: ColumnRange, firstMs: number, lastMs: number): SampleTimes['hours'] {
  const first = Math.floor(firstMs / HOUR_MS);
  const last = Math.floor(lastMs / HOUR_MS);
  if (first === last) return [{ hourMs: first * HOUR_MS, rows: (column.end - column.start) / 8 }];
  if (last - first >= LONGEST_SPAN_HOURS) return [];
  const rows = new Uint32Array(last - first + 1);
  for (let at = column.start; at < column.end; at += 8) {
    const ms = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    const hour = Math.floor(ms / HOUR_MS) - first;
    rows[hour] = (rows[hour] ?? 0) + 1;
  }
  return [...rows].flatMap((held, index) => (held === 0 ? [] : [{ hourMs: (first + index) * HOUR_MS, rows: held }]));
}
