/** Varints and Native blocks: round trips, and refusal of everything else. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBlock, encodeBlock, type ColumnData, type ColumnSpec, type ColumnType } from './native.ts';
import { readVarint, varintLength, writeVarint } from './varint.ts';

const safe = fc.oneof(fc.nat(300), fc.maxSafeNat());

describe('varint', () => {
  test('reads what it wrote, in the length it said', () => {
    fc.assert(
      fc.property(safe, fc.nat(5), (value, offset) => {
        const length = varintLength(value);
        const bytes = new Uint8Array(offset + length);
        expect(writeVarint(bytes, offset, value)).toBe(offset + length);
        expect(readVarint(bytes, offset)).toEqual({ value, next: offset + length });
      }),
    );
  });

  test('the boundaries of each length', () => {
    for (let bytes = 1; bytes <= 7; bytes += 1) {
      expect(varintLength(2 ** (7 * bytes) - 1)).toBe(bytes);
      expect(varintLength(2 ** (7 * bytes))).toBe(bytes + 1);
    }
  });

  test('cut short or too long is undefined, never a wrong number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const read = readVarint(bytes, 0);
        if (read === undefined) return;
        expect(Number.isSafeInteger(read.value)).toBe(true);
        expect(read.next).toBeLessThanOrEqual(bytes.length);
      }),
    );
    expect(readVarint(new Uint8Array([0x80, 0x80]), 0)).toBeUndefined();
    expect(readVarint(new Uint8Array(9).fill(0xff), 0)).toBeUndefined();
    expect(readVarint(new Uint8Array(), 0)).toBeUndefined();
  });
});

const VALUES: Readonly<Record<ColumnType, (rows: number) => fc.Arbitrary<ColumnData>>> = {
  UInt8: (rows) => fc.uint8Array({ minLength: rows, maxLength: rows + 2 }),
  UInt32: (rows) => fc.uint32Array({ minLength: rows, maxLength: rows + 2 }),
  UInt64: (rows) => fc.bigUint64Array({ minLength: rows, maxLength: rows + 2 }),
  Float64: (rows) => fc.float64Array({ minLength: rows, maxLength: rows + 2 }),
  "DateTime64(3, 'UTC')": (rows) => fc.bigInt64Array({ minLength: rows, maxLength: rows + 2 }),
  String: (rows) => fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { minLength: rows, maxLength: rows + 2 }),
};
const TYPES = Object.keys(VALUES) as ColumnType[];

const table = fc
  .record({
    types: fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 6 }),
    rows: fc.integer({ min: 1, max: 20 }),
  })
  .chain(({ types, rows }) =>
    fc.record({
      columns: fc.constant<readonly ColumnSpec[]>(types.map((type, index) => ({ name: `c${index}é`, type }))),
      data: fc.tuple(...types.map((type) => VALUES[type](rows))),
      rows: fc.constant(rows),
    }),
  );

/** Values of a checked block, read back by its ranges. */
function readBack(columns: readonly ColumnSpec[], block: Uint8Array): unknown[][] {
  const check = checkBlock(columns, block);
  if (!check.ok) throw new Error(check.reason);
  const view = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  return check.columns.map(({ start, end }, index) => {
    const type = columns[index]?.type ?? 'String';
    const out: unknown[] = [];
    for (let at = start; at < end;) {
      if (type === 'String') {
        const length = readVarint(block, at) ?? { value: 0, next: end };
        out.push(view.toString('utf8', length.next, length.next + length.value));
        at = length.next + length.value;
      } else if (type === 'UInt8') out.push(view.readUInt8(at++));
      else if (type === 'UInt32') {
        out.push(view.readUInt32LE(at));
        at += 4;
      } else {
        out.push(
          type === 'UInt64'
            ? view.readBigUInt64LE(at)
            : type === 'Float64'
              ? view.readDoubleLE(at)
              : view.readBigInt64LE(at),
        );
        at += 8;
      }
    }
    return out;
  });
}

describe('Native block', () => {
  test('what is encoded passes the check and holds the values', () => {
    fc.assert(
      fc.property(table, ({ columns, data, rows }) => {
        const block = encodeBlock(columns, data, rows);
        expect(checkBlock(columns, block)).toMatchObject({ ok: true, rows });
        expect(readBack(columns, block)).toEqual(data.map((values) => [...values].slice(0, rows)));
      }),
    );
  });

  test('cut short, lengthened, or checked as another table it is refused', () => {
    fc.assert(
      fc.property(table, fc.nat(), (sample, cut) => {
        const block = encodeBlock(sample.columns, sample.data, sample.rows);
        expect(checkBlock(sample.columns, block.subarray(0, cut % block.length)).ok).toBe(false);
        expect(checkBlock(sample.columns, Buffer.concat([block, Buffer.of(0)])).ok).toBe(false);
        const renamed = sample.columns.map((column) => ({ ...column, name: `${column.name}x` }));
        expect(checkBlock(renamed, block).ok).toBe(false);
        expect(checkBlock(sample.columns.slice(1), block).ok).toBe(false);
      }),
    );
  });

  test('random bytes never throw and are refused', () => {
    const columns: readonly ColumnSpec[] = [
      { name: 'a', type: 'String' },
      { name: 'b', type: 'UInt64' },
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(checkBlock(columns, bytes).ok).toBe(false);
      }),
    );
  });

  test('a row count far beyond the bytes is refused at once', () => {
    const block = Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0x61, 6, ...Buffer.from('String')]);
    const startedMs = performance.now();
    expect(checkBlock([{ name: 'a', type: 'String' }], block).ok).toBe(false);
    // Nothing is reserved for so many: that would take minutes, or the memory.
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  test.each([
    ['too few values', [{ name: 'a', type: 'UInt8' }], [new Uint8Array(1)], 2],
    ['wrong width', [{ name: 'a', type: 'UInt32' }], [new Uint8Array(4)], 1],
    ['text for numbers', [{ name: 'a', type: 'UInt8' }], [['x']], 1],
    ['numbers for text', [{ name: 'a', type: 'String' }], [new Uint8Array(1)], 1],
    ['columns missing', [{ name: 'a', type: 'UInt8' }], [], 1],
  ] as const)('the encoder refuses %s', (_, columns, data, rows) => {
    expect(() => encodeBlock(columns, data as readonly ColumnData[], rows)).toThrow(RangeError);
  });
});
