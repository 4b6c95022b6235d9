/**
 * The batch envelope, format version 1: what an agent seals, stores, publishes, and a logger checks.
 *
 * ```
 *  0  "KKB1"                        magic and version
 *  4  sha256 of everything behind   32 bytes
 * 36  header length                 UInt32 LE
 * 40  header                        UTF-8 JSON, BatchHeader
 *  …  body                          one zstd frame per entry of header.blocks, in order
 * ```
 *
 * Identity of a batch is (agent, epoch, seq, sha256). Same key with another hash is quarantined,
 * never overwritten. Any damage makes `openBatch` answer `ok: false` with the reason.
 */
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { checkBlock, encodeBlock, type ColumnData, type ColumnRange } from '../bytes/native.ts';
import { BATCH_TABLES, BATCH_TABLE_NAMES, type BatchTable } from './tables.ts';

const MAGIC = Buffer.from('KKB1', 'latin1');
const HASH_AT = 4;
const LENGTH_AT = 36;
const HEADER_AT = 40;

/** Limits on anything a peer may send. A larger batch is refused, never cut. */
export const BATCH_LIMITS = {
  /** Whole envelope; NATS is configured for 8 MiB. */
  envelopeBytes: 4 * 1024 * 1024,
  headerBytes: 64 * 1024,
  /** Rows of one block. */
  rows: 1_000_000,
  /** One block, decompressed. */
  blockBytes: 64 * 1024 * 1024,
  blocks: 8,
} as const;

/** Names of agents, entities and other parts: subject-safe. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const batchHeaderSchema = z.strictObject({
  version: z.literal(1),
  agent: z.string().regex(NAME_PATTERN),
  /** Milliseconds since 1970 at which the epoch began; rises with every new epoch. */
  epoch: count,
  /** Rises by one within an epoch, from 1. */
  seq: count.min(1),
  /** Range of the samples inside, ms since 1970; equal to `sealedMs` when there is none. */
  firstMs: count,
  lastMs: count,
  sealedMs: count,
  /** Slots that should have been sampled in this cycle but were not. */
  missedSlots: count,
  clock: z.strictObject({
    /** Estimated offset of the agent's clock, ms; null when nobody told it. */
    offsetMs: z.number().nullable(),
    /** Monotonic time at sealing, ms. */
    monotonicMs: z.number().min(0),
  }),
  blocks: z
    .array(
      z.strictObject({
        table: z.enum(BATCH_TABLE_NAMES as [BatchTable, ...BatchTable[]]),
        rows: count.min(1).max(BATCH_LIMITS.rows),
        /** Bytes of the zstd frame. */
        bytes: count.min(1),
      }),
    )
    .max(BATCH_LIMITS.blocks),
});
export type BatchHeader = z.infer<typeof batchHeaderSchema>;

/** Columns of one table, ready to seal. `data` follows BATCH_TABLES[table]. */
export interface TableRows {
  readonly table: BatchTable;
  readonly rows: number;
  readonly data: readonly ColumnData[];
}

export interface SealedBatch {
  readonly header: BatchHeader;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * Seals rows into an envelope. Tables without rows are left out.
 * @throws RangeError when the columns do not fit the table or a limit is passed
 */
export function sealBatch(head: Omit<BatchHeader, 'version' | 'blocks'>, tables: readonly TableRows[]): SealedBatch {
  const frames: Uint8Array[] = [];
  const blocks: BatchHeader['blocks'] = [];
  for (const { table, rows, data } of tables) {
    if (rows === 0) continue;
    if (rows > BATCH_LIMITS.rows) throw new RangeError(`${rows} rows in ${table}; the limit is ${BATCH_LIMITS.rows}`);
    const frame = zstdCompressSync(encodeBlock(BATCH_TABLES[table], data, rows), {
      params: { [constants.ZSTD_c_compressionLevel]: 3 },
    });
    frames.push(frame);
    blocks.push({ table, rows, bytes: frame.length });
  }
  const header: BatchHeader = { version: 1, ...head, blocks };
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const size = HEADER_AT + json.length + frames.reduce((sum, frame) => sum + frame.length, 0);
  if (size > BATCH_LIMITS.envelopeBytes) {
    throw new RangeError(`batch of ${size} bytes; the limit is ${BATCH_LIMITS.envelopeBytes}`);
  }
  const bytes = Buffer.alloc(size);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(json.length, LENGTH_AT);
  json.copy(bytes, HEADER_AT);
  let offset = HEADER_AT + json.length;
  for (const frame of frames) {
    bytes.set(frame, offset);
    offset += frame.length;
  }
  const digest = createHash('sha256').update(bytes.subarray(LENGTH_AT)).digest();
  digest.copy(bytes, HASH_AT);
  return { header, sha256: digest.toString('hex'), bytes };
}

export interface OpenedBlock {
  readonly table: BatchTable;
  readonly rows: number;
  /** The zstd frame as it came, a view into the envelope. */
  readonly frame: Uint8Array;
}

export interface OpenedBatch {
  readonly ok: true;
  readonly header: BatchHeader;
  readonly sha256: string;
  readonly blocks: readonly OpenedBlock[];
}

export interface RefusedBatch {
  readonly ok: false;
  readonly reason: string;
}

const no = (reason: string): RefusedBatch => ({ ok: false, reason });

/** Reads magic, hash and header without touching the body's frames. */
export function openBatch(bytes: Uint8Array): OpenedBatch | RefusedBatch {
  if (bytes.length > BATCH_LIMITS.envelopeBytes) return no(`${bytes.length} bytes is over the limit`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEADER_AT || !view.subarray(0, 4).equals(MAGIC)) return no('not a batch of version 1');
  const digest = createHash('sha256').update(view.subarray(LENGTH_AT)).digest();
  if (!digest.equals(view.subarray(HASH_AT, LENGTH_AT))) return no('hash does not match the content');
  const headerLength = view.readUInt32LE(LENGTH_AT);
  if (headerLength > BATCH_LIMITS.headerBytes || HEADER_AT + headerLength > view.length) return no('header length');
  let raw: unknown;
  try {
    raw = JSON.parse(view.toString('utf8', HEADER_AT, HEADER_AT + headerLength));
  } catch {
    return no('header is not JSON');
  }
  const parsed = batchHeaderSchema.safeParse(raw);
  if (!parsed.success)
    return no(`header: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  const blocks: OpenedBlock[] = [];
  let offset = HEADER_AT + headerLength;
  for (const block of parsed.data.blocks) {
    if (offset + block.bytes > view.length) return no('body is cut short');
    blocks.push({ table: block.table, rows: block.rows, frame: view.subarray(offset, offset + block.bytes) });
    offset += block.bytes;
  }
  if (offset !== view.length) return no('bytes behind the body');
  return { ok: true, header: parsed.data, sha256: digest.toString('hex'), blocks };
}

/** `firstMs..lastMs` are the times of the rows of a table of samples (gauge, counter), else undefined. */
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
const SAMPLE_TABLES: ReadonlySet<BatchTable> = new Set(['gauge', 'counter']);

/**
 * Decompresses one frame under the size limit and checks it against its table: structure, row count
 * and, where the table has an `agent` column, that every row speaks for `agent` (its 64-bit id).
 */
export function checkFrame(opened: OpenedBlock, agent: bigint): FrameCheck {
  let block: Buffer;
  try {
    block = zstdDecompressSync(opened.frame, { maxOutputLength: BATCH_LIMITS.blockBytes });
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
