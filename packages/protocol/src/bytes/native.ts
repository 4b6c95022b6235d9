/**
 * ClickHouse `Native` blocks (revision 0, as its HTTP interface and `file()` read them): the
 * columnar body of a batch.
 *
 * Fed by the batch builder (agent, analyzer) and read by the logger, which checks a block
 * strictly against the table it claims to be; it joins blocks, and changes no value. Layout: varint columns,
 * varint rows, then per column its name, its type and the packed little-endian values (strings:
 * varint length and UTF-8 bytes). Source: ClickHouse documentation, "Native format".
 */
import { readVarint, varintLength, writeVarint } from './varint.ts';

export type ColumnType = 'UInt8' | 'UInt32' | 'UInt64' | 'Float64' | "DateTime64(3, 'UTC')" | 'String';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
}

/** One column's values. Fixed-width types take the typed array of their width. */
export type ColumnData = Uint8Array | Uint32Array | BigUint64Array | BigInt64Array | Float64Array | readonly string[];

const WIDTH: Readonly<Record<Exclude<ColumnType, 'String'>, number>> = {
  UInt8: 1,
  UInt32: 4,
  UInt64: 8,
  Float64: 8,
  "DateTime64(3, 'UTC')": 8,
};

const utf8 = new TextEncoder();

function stringColumnBytes(values: readonly string[], rows: number): Uint8Array {
  const encoded: Uint8Array[] = [];
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    const bytes = utf8.encode(values[row] ?? '');
    encoded.push(bytes);
    total += varintLength(bytes.length) + bytes.length;
  }
  const out = new Uint8Array(total);
  let offset = 0;
  for (const bytes of encoded) {
    offset = writeVarint(out, offset, bytes.length);
    out.set(bytes, offset);
    offset += bytes.length;
  }
  return out;
}

function isStringColumn(data: ColumnData): data is readonly string[] {
  return Array.isArray(data);
}

/**
 * Encodes one block.
 * @param columns specs in table order
 * @param data one array per column; each holds at least `rows` values (a longer one is cut)
 * @param rows rows in the block
 * @throws RangeError when the columns and the data do not fit each other
 */
export function encodeBlock(columns: readonly ColumnSpec[], data: readonly ColumnData[], rows: number): Uint8Array {
  if (columns.length !== data.length) throw new RangeError('columns and data differ in number');
  const parts: Uint8Array[] = [];
  let total = varintLength(columns.length) + varintLength(rows);
  columns.forEach((column, index) => {
    const values = data[index] ?? [];
    if (values.length < rows) throw new RangeError(`column ${column.name} has ${values.length} of ${rows} values`);
    let bytes: Uint8Array;
    if (column.type === 'String') {
      if (!isStringColumn(values)) throw new RangeError(`column ${column.name} is not text`);
      bytes = stringColumnBytes(values, rows);
    } else {
      if (isStringColumn(values) || values.BYTES_PER_ELEMENT !== WIDTH[column.type]) {
        throw new RangeError(`column ${column.name} is not ${column.type}`);
      }
      bytes = new Uint8Array(values.buffer, values.byteOffset, rows * values.BYTES_PER_ELEMENT);
    }
    parts.push(bytes);
    total += varintLength(utf8.encode(column.name).length) + utf8.encode(column.name).length;
    total += varintLength(column.type.length) + column.type.length + bytes.length;
  });
  const out = new Uint8Array(total);
  let offset = writeVarint(out, 0, columns.length);
  offset = writeVarint(out, offset, rows);
  columns.forEach((column, index) => {
    for (const label of [column.name, column.type]) {
      const bytes = utf8.encode(label);
      offset = writeVarint(out, offset, bytes.length);
      out.set(bytes, offset);
      offset += bytes.length;
    }
    const bytes = parts[index];
    if (bytes === undefined) return;
    out.set(bytes, offset);
    offset += bytes.length;
  });
  return out;
}

/** Where one column's packed values lie inside a checked block, in bytes from its start. */
export interface ColumnRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export type BlockCheck =
  | { readonly ok: true; readonly rows: number; readonly columns: readonly ColumnRange[] }
  | { readonly ok: false; readonly reason: string };

const no = (reason: string): BlockCheck => ({ ok: false, reason });

/**
 * Checks that `block` is exactly one block of the given columns: names, types, order, lengths and
 * nothing behind it. Reads structure, not values (strings are walked by their lengths).
 */
export function checkBlock(columns: readonly ColumnSpec[], block: Uint8Array): BlockCheck {
  const count = readVarint(block, 0);
  if (count === undefined || count.value !== columns.length) return no('column count');
  const rowCount = readVarint(block, count.next);
  if (rowCount === undefined) return no('row count');
  const rows = rowCount.value;
  const decoder = new TextDecoder();
  const ranges: ColumnRange[] = [];
  let offset = rowCount.next;
  for (const column of columns) {
    for (const expected of [column.name, column.type]) {
      const length = readVarint(block, offset);
      if (length === undefined || length.next + length.value > block.length) return no(`label of ${column.name}`);
      const actual = decoder.decode(block.subarray(length.next, length.next + length.value));
      if (actual !== expected) return no(`expected ${expected}, found ${actual.slice(0, 40)}`);
      offset = length.next + length.value;
    }
    const start = offset;
    if (column.type === 'String') {
      for (let row = 0; row < rows; row += 1) {
        const length = readVarint(block, offset);
        if (length === undefined) return no(`text length in ${column.name}`);
        offset = length.next + length.value;
        if (offset > block.length) return no(`text of ${column.name} is cut short`);
      }
    } else {
      offset += rows * WIDTH[column.type];
      if (offset > block.length) return no(`values of ${column.name} are cut short`);
    }
    ranges.push({ name: column.name, start, end: offset });
  }
  if (offset !== block.length) return no(`${block.length - offset} bytes behind the block`);
  return { ok: true, rows, columns: ranges };
}

/** True when every column has a fixed width, so that blocks of it can be joined. */
export function isJoinable(columns: readonly ColumnSpec[]): boolean {
  return columns.every(({ type }) => type !== 'String');
}

/**
 * Joins blocks of one table to one: what reads them is spared the labels and the pieces of each.
 * @param blocks checked against these columns, which are all of fixed width
 * @throws RangeError when a column has no fixed width, or a block is not as long as its rows say
 */
export function joinBlocks(columns: readonly ColumnSpec[], blocks: readonly Uint8Array[]): Uint8Array {
  const widths = columns.map(({ type }) => {
    if (type === 'String') throw new RangeError('columns of text are not joined');
    return WIDTH[type];
  });
  const labels = columns.map(({ name, type }) => [utf8.encode(name), utf8.encode(type)] as const);
  const labelBytes = labels.map((pair) => pair.reduce((sum, each) => sum + varintLength(each.length) + each.length, 0));
  const rowBytes = widths.reduce((sum, width) => sum + width, 0);
  const allLabels = labelBytes.reduce((sum, bytes) => sum + bytes, 0);
  const heads = blocks.map((block) => {
    const rows = readVarint(block, varintLength(columns.length));
    if (rows === undefined || rows.next + allLabels + rows.value * rowBytes !== block.length) {
      throw new RangeError('a block is not as long as its rows say');
    }
    return { block, rows: rows.value, start: rows.next };
  });
  const rows = heads.reduce((sum, head) => sum + head.rows, 0);
  const out = Buffer.allocUnsafe(varintLength(columns.length) + varintLength(rows) + allLabels + rows * rowBytes);
  let offset = writeVarint(out, 0, columns.length);
  offset = writeVarint(out, offset, rows);
  const starts = heads.map(({ start }) => start);
  labels.forEach((pair, column) => {
    for (const label of pair) {
      offset = writeVarint(out, offset, label.length);
      out.set(label, offset);
      offset += label.length;
    }
    const width = widths[column] ?? 0;
    heads.forEach((head, index) => {
      const start = (starts[index] ?? 0) + (labelBytes[column] ?? 0);
      const end = start + head.rows * width;
      out.set(head.block.subarray(start, end), offset);
      offset += end - start;
      starts[index] = end;
    });
  });
  return out;
}
