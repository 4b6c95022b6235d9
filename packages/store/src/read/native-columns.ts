/**
 * Decodes answers in ClickHouse's Native format (revision 0, as over HTTP) into typed arrays: several
 * blocks become one array a column, 64-bit integers stay exact, no object per row. Pure.
 */
import { readVarint } from '@kaiku/protocol';

const WIDTH: Readonly<Record<string, number>> = {
  UInt8: 1,
  UInt32: 4,
  UInt64: 8,
  Float64: 8,
  "DateTime64(3, 'UTC')": 8,
  DateTime: 4,
  "DateTime('UTC')": 4,
};
const ARRAY = /^Array\((\w+)\)$/;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

interface Column {
  readonly type: string;
  readonly pieces: Piece[];
}

const utf8 = new TextDecoder();

export class NativeColumns {
  readonly rows: number;
  readonly #bytes: Uint8Array;
  readonly #columns: ReadonlyMap<string, Column>;

  private constructor(bytes: Uint8Array, columns: ReadonlyMap<string, Column>, rows: number) {
    this.#bytes = bytes;
    this.#columns = columns;
    this.rows = rows;
  }

  /** @throws RangeError when the bytes are not whole blocks of the types known here */
  static decode(bytes: Uint8Array): NativeColumns {
    const columns = new Map<string, Column>();
    let rows = 0;
    let at = 0;
    const varint = (): number => {
      const read = readVarint(bytes, at);
      if (read === undefined) throw new RangeError(`no number at byte ${at}`);
      at = read.next;
      return read.value;
    };
    const text = (): string => {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError(`text cut short at byte ${at}`);
      at += length;
      return utf8.decode(bytes.subarray(at - length, at));
    };
    while (at < bytes.length) {
      const columnCount = varint();
      const blockRows = varint();
      for (let index = 0; index < columnCount; index += 1) {
        const name = text();
        const type = text();
        const start = at;
        if (type === 'String') {
          for (let row = 0; row < blockRows; row += 1) {
            const length = varint();
            at += length;
          }
        } else if (ARRAY.test(type)) {
          // Ends of the arrays, then all elements.
          at += 8 * blockRows;
          if (at > bytes.length) throw new RangeError(`column ${name} is cut short`);
          const view = new DataView(bytes.buffer, bytes.byteOffset);
          const elements = blockRows === 0 ? 0 : Number(view.getBigUint64(at - 8, true));
          at += elements * (WIDTH[ARRAY.exec(type)?.[1] ?? ''] ?? Number.NaN);
          if (Number.isNaN(at)) throw new RangeError(`column ${name} is ${type}`);
        } else {
          const width = WIDTH[type];
          if (width === undefined) throw new RangeError(`column ${name} is ${type}`);
          at += width * blockRows;
        }
        if (at > bytes.length) throw new RangeError(`column ${name} is cut short`);
        const column = columns.get(name) ?? { type, pieces: [] };
        if (column.type !== type) throw new RangeError(`column ${name} is ${column.type} and ${type}`);
        column.pieces.push({ start, end: at, rows: blockRows });
        columns.set(name, column);
      }
      rows += blockRows;
    }
    return new NativeColumns(bytes, columns, rows);
  }

  u8(name: string): Uint8Array {
    return new Uint8Array(this.#packed(name, 'UInt8'));
  }

  u32(name: string): Uint32Array {
    return new Uint32Array(this.#packed(name, 'UInt32'));
  }

  u64(name: string): BigUint64Array {
    return new BigUint64Array(this.#packed(name, 'UInt64'));
  }

  f64(name: string): Float64Array {
    return new Float64Array(this.#packed(name, 'Float64'));
  }

  text(name: string): readonly string[] {
    const out: string[] = [];
    for (const piece of this.#pieces(name, 'String')) {
      let at = piece.start;
      for (let row = 0; row < piece.rows; row += 1) {
        const length = readVarint(this.#bytes, at);
        if (length === undefined) throw new RangeError(`column ${name}`);
        at = length.next + length.value;
        out.push(utf8.decode(this.#bytes.subarray(length.next, at)));
      }
    }
    return out;
  }

  #pieces(name: string, type: string): readonly Piece[] {
    const column = this.#columns.get(name);
    // An answer without rows may be no block at all.
    if (column === undefined && this.rows === 0) return [];
    if (column?.type !== type) throw new RangeError(`column ${name} is ${column?.type ?? 'absent'}, not ${type}`);
    return column.pieces;
  }

  #packed(name: string, type: string): ArrayBuffer {
    const pieces = this.#pieces(name, type);
    const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0));
    let at = 0;
    for (const { start, end } of pieces) {
      out.set(this.#bytes.subarray(start, end), at);
      at += end - start;
    }
    return out.buffer;
  }
}
