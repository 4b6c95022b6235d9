/**
 * Many batches of version 2 in one piece of a fifth of their bytes: how the buffer keeps an hour that is over. Batches come back bit
 * for bit, as their hashes demand.
 *
 * ```
 *  0  "KKS1"
 *  4  sha256 of everything behind
 * 36  sections: number of batches, their headers, then table by table
 *     the order of its rows, and its columns sorted by series
 * ```
 *
 * Written by pack.ts, which also proves that what it wrote can be read. Pure. Documented in docs/formats/segment-v1.md.
 */
import { createHash } from 'node:crypto';
import { BATCH_TABLE_NAMES, BATCH_TABLES, checkBlock, encodeBlock, openContent } from '@kaiku/protocol';
import type { BatchHeader, BatchTable, ColumnRange, OpenedBlock } from '@kaiku/protocol';
import { ByteSink, SectionReader, SectionWriter } from './bytes.ts';
import { halvesColumn, readColumn, writeColumn, type ReadColumn } from './column.ts';
import { readHeaders, writeHeaders } from './headers.ts';
import { plainOrder, readOrder, writeOrder } from './order.ts';

const MAGIC = Buffer.from('KKS1', 'latin1');
const HASH_AT = 4;
const BODY_AT = 36;
const LENGTH_BYTES = 4;

/** The most a segment takes up: one batch of the largest size, badly compressed, and room. */
export const MOST_SEGMENT_BYTES = 40 * 1024 * 1024;

/** One block, checked, with where its columns lie. */
interface Part {
  readonly block: OpenedBlock;
  readonly columns: readonly ColumnRange[];
}

/** A batch taken apart; undefined when it is not one of version 2 that this code understands to the last byte. */
export interface Parts {
  readonly header: string;
  readonly blocks: readonly Part[];
}

export function partsOf(content: Buffer): Parts | undefined {
  const opened = openContent(content, 2);
  if (!opened.ok) return undefined;
  const blocks: Part[] = [];
  for (const block of opened.blocks) {
    const check = checkBlock(BATCH_TABLES[block.table], block.frame);
    if (!check.ok || check.rows !== block.rows) return undefined;
    blocks.push({ block, columns: check.columns });
  }
  const header = content.toString('latin1', LENGTH_BYTES, LENGTH_BYTES + content.readUInt32LE(0));
  return { header, blocks };
}

export function writeSegment(batches: readonly Parts[]): Uint8Array {
  const to = new SectionWriter();
  const count = new ByteSink();
  count.varint(batches.length);
  to.put(count);
  writeHeaders(
    batches.map(({ header }) => header),
    to,
  );
  for (const table of BATCH_TABLE_NAMES) {
    const parts = batches.flatMap(({ blocks }) => blocks.filter(({ block }) => block.table === table));
    if (parts.length > 0) writeTable(table, parts, to);
  }
  const body = to.written;
  return Buffer.concat([MAGIC, createHash('sha256').update(body).digest(), body]);
}

function writeTable(table: BatchTable, parts: readonly Part[], to: SectionWriter): void {
  const rows = parts.reduce((sum, { block }) => sum + block.rows, 0);
  const packed = (index: number): Buffer =>
    Buffer.concat(
      parts.map(({ block, columns }) => block.frame.subarray(columns[index]?.start ?? 0, columns[index]?.end ?? 0)),
    );
  const specs = BATCH_TABLES[table];
  const key = specs.findIndex(({ name }) => name === 'series');
  const order = key < 0 ? plainOrder(rows) : writeOrder(halvesOf(packed(key)), to);
  for (const [index, { type }] of specs.entries()) if (index !== key) writeColumn(type, packed(index), rows, order, to);
}

function halvesOf(packed: Buffer): Uint32Array {
  return new Uint32Array(Uint8Array.from(packed).buffer);
}

export interface SegmentKey {
  readonly epoch: number;
  readonly seq: number;
  readonly sealedMs: number;
}

interface Table {
  readonly columns: readonly ReadColumn[];
  /** Sorted place of each row, in the order of the batches. */
  readonly places: Uint32Array;
}

/** A segment read into memory: some 35 bytes a sample. Builds the content of any of its batches. */
export class Segment {
  readonly keys: readonly SegmentKey[];
  readonly #headers: readonly { readonly text: string; readonly header: BatchHeader }[];
  readonly #tables = new Map<BatchTable, Table>();
  readonly #indexes: ReadonlyMap<string, number>;
  /** Of each batch, where its rows begin in each table. */
  readonly #firstRows: readonly ReadonlyMap<BatchTable, number>[];

  /** @throws RangeError and others when it is not whole */
  constructor(bytes: Uint8Array) {
    if (!isSegment(bytes)) throw new RangeError('not a segment of version 1, or damaged');
    const from = new SectionReader(bytes.subarray(BODY_AT));
    const count = from.source().varint();
    this.#headers = readHeaders(from, count).map((text) => ({ text, header: JSON.parse(text) as BatchHeader }));
    this.keys = this.#headers.map(({ header: { epoch, seq, sealedMs } }) => ({ epoch, seq, sealedMs }));
    this.#indexes = new Map(this.keys.map(({ epoch, seq }, index) => [`${epoch}/${seq}`, index]));
    const rows = new Map<BatchTable, number>();
    this.#firstRows = this.#headers.map(({ header }) => {
      const before = new Map(rows);
      for (const { table, rows: more } of header.blocks) rows.set(table, (rows.get(table) ?? 0) + more);
      return before;
    });
    for (const table of BATCH_TABLE_NAMES) {
      const held = rows.get(table);
      if (held !== undefined) this.#tables.set(table, readTable(table, held, from));
    }
  }

  /** undefined when it is not in this segment. */
  content(epoch: number, seq: number): Buffer | undefined {
    const index = this.#indexes.get(`${epoch}/${seq}`);
    const found = index === undefined ? undefined : this.#headers[index];
    if (index === undefined || found === undefined) return undefined;
    const next = new Map(this.#firstRows[index]);
    const blocks = found.header.blocks.map(({ table, rows }) => {
      const first = next.get(table) ?? 0;
      next.set(table, first + rows);
      return this.#block(table, first, rows);
    });
    const header = Buffer.from(found.text, 'latin1');
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(header.length, 0);
    return Buffer.concat([length, header, ...blocks]);
  }

  #block(table: BatchTable, first: number, rows: number): Uint8Array {
    const { columns, places } = this.#tables.get(table) ?? { columns: [], places: new Uint32Array() };
    const wanted = places.subarray(first, first + rows);
    const data = columns.map((column) => column.gather(wanted));
    return encodeBlock(BATCH_TABLES[table], data, rows);
  }
}

/** Magic and hash are right. */
export function isSegment(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < BODY_AT || !view.subarray(0, HASH_AT).equals(MAGIC)) return false;
  return createHash('sha256').update(view.subarray(BODY_AT)).digest().equals(view.subarray(HASH_AT, BODY_AT));
}

function readTable(table: BatchTable, rows: number, from: SectionReader): Table {
  const specs = BATCH_TABLES[table];
  const key = specs.findIndex(({ name }) => name === 'series');
  if (key < 0) {
    const { starts, places } = plainOrder(rows);
    return { places, columns: specs.map(({ type }) => readColumn(type, rows, starts, from)) };
  }
  const { starts, places, ids } = readOrder(from, rows);
  const columns = specs.map(({ type }, index) =>
    index === key ? halvesColumn(type, ids) : readColumn(type, rows, starts, from),
  );
  return { places, columns };
}
