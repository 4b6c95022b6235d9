/** Any batch comes back from a segment bit for bit; what cannot is left out; damage shows. */
import * as fc from 'fast-check';
import { BATCH_TABLES, BATCH_TABLE_NAMES, contentOf, sealBatch, type BatchHead, type TableRows } from '@kaiku/protocol';
import type { BatchTable, ColumnData, ColumnType } from '@kaiku/protocol';
import { describe, expect, test } from 'vitest';
import { ByteSink, ByteSource, SectionReader, SectionWriter } from './bytes.ts';
import { readHeaders, writeHeaders } from './headers.ts';
import { MOST, readInts, writeInts } from './ints.ts';
import { readOrder, writeOrder } from './order.ts';
import { pack } from './pack.ts';
import { isSegment, Segment } from './segment.ts';

const HEAD: BatchHead = {
  agent: 'agent-a',
  epoch: 1_760_000_000_000,
  seq: 1,
  firstMs: 1_760_000_000_000,
  lastMs: 1_760_000_002_000,
  sealedMs: 1_760_000_002_100,
  missedSlots: 0,
  clock: { offsetMs: -1.25, monotonicMs: 123.456 },
};

/** Few series, so that they meet again; times and values of every kind. */
const series = fc.oneof(
  { weight: 9, arbitrary: fc.bigInt({ min: 1n, max: 6n }) },
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const float = fc.oneof(
  fc.integer({ min: -1000, max: 100_000 }).map((value) => value / 1000),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Number.NaN, -0, 0, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -(2 ** 51)),
  fc.double(),
);
const whole = fc.oneof(
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.bigInt({ min: 2n ** 50n - 2n, max: 2n ** 50n + 2n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const time = fc.oneof(
  fc.bigInt({ min: 1_760_000_000_000n, max: 1_760_000_100_000n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

function column(name: string, type: ColumnType, rows: number): fc.Arbitrary<ColumnData> {
  const many = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(each, { minLength: rows, maxLength: rows });
  if (type === 'String') return many(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('same')));
  if (type === 'UInt8') return many(fc.nat(255)).map((values) => Uint8Array.from(values));
  if (type === 'UInt32')
    return many(fc.oneof(fc.nat(2 ** 31 - 1), fc.constant(2 ** 32 - 1), fc.constant(60_000))).map((values) =>
      Uint32Array.from(values),
    );
  if (type === 'Float64') return many(float).map((values) => Float64Array.from(values));
  if (type === 'UInt64') return many(name === 'series' ? series : whole).map((values) => BigUint64Array.from(values));
  return many(time).map((values) => BigInt64Array.from(values));
}

const anyTable = fc
  .record({ table: fc.constantFrom<BatchTable>(...BATCH_TABLE_NAMES), rows: fc.integer({ min: 0, max: 8 }) })
  .chain(({ table, rows }) =>
    fc
      .tuple(...BATCH_TABLES[table].map(({ name, type }) => column(name, type, rows)))
      .map((data): TableRows => ({ table, rows, data })),
  );

const anyHead = fc.record({
  sealedMs: fc.integer({ min: 0, max: 2 ** 52 }),
  missedSlots: fc.nat(3),
  clock: fc.record({
    offsetMs: fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })),
    monotonicMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e12 }),
  }),
});

function envelopesOf(
  batches: readonly { head: Partial<BatchHead>; tables: readonly TableRows[] }[],
  version: 1 | 2 = 2,
): Uint8Array[] {
  return batches.map(
    ({ head, tables }, index) => sealBatch({ ...HEAD, ...head, seq: index + 1 }, tables, version).bytes,
  );
}

const gauges = (rows: number, seed: number): TableRows => ({
  table: 'gauge',
  rows,
  data: [
    new BigUint64Array(rows).map((_, row) => BigInt(row)),
    new BigInt64Array(rows).fill(BigInt(HEAD.firstMs + seed)),
    new BigUint64Array(rows).fill(7n),
    new Float64Array(rows).map((_, row) => row + seed / 4),
    new Uint8Array(rows),
  ],
});

describe('a segment', () => {
  test('gives every batch back bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ head: anyHead, tables: fc.array(anyTable, { maxLength: 4 }) }), {
          minLength: 1,
          maxLength: 8,
        }),
        (batches) => {
          const envelopes = envelopesOf(batches);
          const packed = pack(envelopes);
          // -0 as an offset is printed as 0 and read as that: nothing is ever left out.
          expect(packed?.included).toEqual(envelopes.map((_, index) => index));
          const segment = new Segment(packed?.segment ?? new Uint8Array());
          expect(segment.keys.map(({ seq }) => seq)).toEqual(envelopes.map((_, index) => index + 1));
          envelopes.forEach((bytes, index) => {
            const found = contentOf(bytes);
            expect(found.ok && segment.content(HEAD.epoch, index + 1)?.equals(found.content)).toBe(true);
          });
          expect(segment.content(HEAD.epoch, envelopes.length + 1)).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is far smaller than its envelopes when the same series come again and again', () => {
    const envelopes = envelopesOf(Array.from({ length: 60 }, (_, seed) => ({ head: {}, tables: [gauges(100, seed)] })));
    const { segment } = pack(envelopes) ?? { segment: new Uint8Array(1e6) };
    expect(segment.length).toBeLessThan(6000);
    expect(envelopes.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(6000 * 3);
  });

  test('leaves out what is no batch of version 2, or damaged', () => {
    const good = envelopesOf([
      { head: {}, tables: [gauges(5, 1)] },
      { head: {}, tables: [gauges(5, 2)] },
    ]);
    const [old = new Uint8Array()] = envelopesOf([{ head: {}, tables: [gauges(5, 3)] }], 1);
    const bad = Buffer.from(good[0] ?? []);
    bad[10] = (bad[10] ?? 0) ^ 1;
    expect(pack([old, ...good, bad, new Uint8Array(3)])?.included).toEqual([1, 2]);
    expect(pack([old, bad])).toBeUndefined();
    expect(pack([])).toBeUndefined();
  });

  test('a flipped bit or a cut shows', () => {
    const packed = pack(
      envelopesOf([
        { head: {}, tables: [gauges(20, 1)] },
        { head: {}, tables: [gauges(20, 2)] },
      ]),
    );
    const bytes = Buffer.from(packed?.segment ?? []);
    expect(isSegment(bytes)).toBe(true);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const bad = Buffer.from(bytes);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        expect(isSegment(bad)).toBe(false);
        expect(isSegment(bytes.subarray(0, at))).toBe(false);
        expect(() => new Segment(bad)).toThrow(RangeError);
      }),
    );
  });
});

function written(write: (to: SectionWriter) => void): SectionReader {
  const to = new SectionWriter();
  write(to);
  return new SectionReader(to.written);
}

describe('its parts', () => {
  test('whole numbers in groups', () => {
    const limit = fc.integer({ min: -MOST, max: MOST });
    const small = fc.integer({ min: -300, max: 300 });
    const group = fc.oneof(
      fc.array(small, { minLength: 1, maxLength: 20 }),
      fc.array(limit, { minLength: 1, maxLength: 5 }),
      fc.tuple(limit, fc.nat(4)).map(([value, more]) => Array.from({ length: more + 1 }, () => value)),
      fc
        .tuple(small, small, fc.integer({ min: 1, max: 8192 }))
        .map(([from, step, times]) =>
          Array.from({ length: 9 }, (_, index) => from + times * (step * index + (index % 3))),
        ),
    );
    fc.assert(
      fc.property(fc.array(group, { maxLength: 12 }), (groups) => {
        const values = Float64Array.from(groups.flat());
        const starts = new Uint32Array(groups.length + 1);
        groups.forEach(({ length }, index) => (starts[index + 1] = (starts[index] ?? 0) + length));
        const from = written((to) => writeInts({ values, asBits: new Uint8Array(groups.length) }, starts, to));
        expect([...readInts(from, starts).values].map((value) => value + 0)).toEqual(
          [...values].map((value) => value + 0),
        );
      }),
    );
  });

  test('the order of rows', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 5n }), { maxLength: 60 }), (ids) => {
        const halves = new Uint32Array(BigUint64Array.from(ids, (id) => (id << 40n) | id).buffer);
        const from = written((to) => void writeOrder(halves, to));
        const order = readOrder(from, ids.length);
        const back = new BigUint64Array(order.ids.buffer);
        expect(Array.from(order.places, (place) => (back[place] ?? 0n) & 0xffn)).toEqual(ids);
        expect([...order.places].toSorted((a, b) => a - b)).toEqual(ids.map((_, row) => row));
      }),
    );
  });

  test('headers: any text, whatever its digits', () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom('a', '"seq":', '.', '-', 'e+', '0', '00', '007'),
          fc.nat().map(String),
          fc.bigInt({ min: 0n }).map(String),
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        expect(
          readHeaders(
            written((to) => writeHeaders(texts, to)),
            texts.length,
          ),
        ).toEqual(texts);
      }),
    );
  });

  test('numbers as bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })), (values) => {
        const sink = new ByteSink();
        for (const value of values) sink.signed(value);
        const source = new ByteSource(sink.written);
        expect(values.map(() => source.signed() + 0)).toEqual(values.map((value) => value + 0));
        expect(source.done).toBe(true);
        expect(() => source.byte()).toThrow(RangeError);
      }),
    );
  });
});
