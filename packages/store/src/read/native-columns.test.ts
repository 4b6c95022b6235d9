import { encodeBlock, type ColumnSpec } from '@kaiku/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NativeColumns } from './native-columns.ts';

const SPEC = [
  { name: 'a', type: 'UInt64' },
  { name: 'b', type: 'Float64' },
  { name: 'c', type: 'UInt8' },
  { name: 'd', type: 'String' },
  { name: 'e', type: 'UInt32' },
] as const satisfies readonly ColumnSpec[];

const row = fc.record({
  a: fc.bigInt(0n, 2n ** 64n - 1n),
  b: fc.double(),
  c: fc.nat(255),
  d: fc.string({ unit: 'grapheme', maxLength: 300 }),
  e: fc.nat(2 ** 32 - 1),
});

describe('Native answers', () => {
  it('come back as they went in, from any number of blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 20 }), { maxLength: 4 }), (blocks) => {
        const bytes = Buffer.concat(
          blocks.map((rows) =>
            encodeBlock(
              SPEC,
              [
                BigUint64Array.from(rows, (each) => each.a),
                Float64Array.from(rows, (each) => each.b),
                Uint8Array.from(rows, (each) => each.c),
                rows.map((each) => each.d),
                Uint32Array.from(rows, (each) => each.e),
              ],
              rows.length,
            ),
          ),
        );
        const all = blocks.flat();
        const columns = NativeColumns.decode(bytes);
        expect(columns.rows).toBe(all.length);
        expect([...columns.u64('a')]).toEqual(all.map((each) => each.a));
        expect([...columns.f64('b')]).toEqual(all.map((each) => each.b));
        expect([...columns.u8('c')]).toEqual(all.map((each) => each.c));
        expect(columns.text('d')).toEqual(all.map((each) => each.d));
        expect([...columns.u32('e')]).toEqual(all.map((each) => each.e));
      }),
    );
  });
  it('that are cut or of other types are refused, never misread', () => {
    const block = encodeBlock(
      SPEC,
      [BigUint64Array.of(1n), Float64Array.of(2), Uint8Array.of(3), ['x'], Uint32Array.of(4)],
      1,
    );
    for (let length = 1; length < block.length; length += 1) {
      expect(() => NativeColumns.decode(block.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => NativeColumns.decode(block).f64('a')).toThrow(/column a is UInt64, not Float64/);
    expect(() => NativeColumns.decode(block).f64('z')).toThrow(/absent/);
  });
});
