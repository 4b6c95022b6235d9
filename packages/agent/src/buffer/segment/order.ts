/**
 * Which series stands in which row, of all batches together. Devices are asked in the same order again and again, so what follows
 * a series is taken to be what followed it the last time, or a series not seen yet; only what comes otherwise is written.
 *
 * Sorted by series (in the order of their first row), rows keep their order within a series; so the order alone
 * brings them back. Pure.
 */
import { ByteSink, type SectionReader, type SectionWriter } from './bytes.ts';
import type { Starts } from './ints.ts';

export interface Order {
  readonly starts: Starts;
  /** Sorted place of each row. */
  readonly places: Uint32Array;
}

const UNKNOWN = 0xffff_ffff;
const HALVES = 2;

/** One group of all rows, as they stand. */
export function plainOrder(rows: number): Order {
  return { starts: Uint32Array.of(0, rows), places: Uint32Array.from({ length: rows }, (_, row) => row) };
}

/** @param ids low and high half of each row's series */
export function writeOrder(ids: Uint32Array, to: SectionWriter): Order {
  const rows = ids.length / HALVES;
  const known = new Map<bigint, number>();
  const series = new ByteSink();
  const low: number[] = [];
  const high: number[] = [];
  const after = new Uint32Array(rows + 1).fill(UNKNOWN);
  const indexes = new Uint32Array(rows);
  const surprises = new ByteSink();
  let asExpected = 0;
  // What stands before the first row is as good as a series.
  let before = rows;
  for (let row = 0; row < rows; row += 1) {
    const rowLow = ids[row * HALVES] ?? 0;
    const rowHigh = ids[row * HALVES + 1] ?? 0;
    const told = after[before] ?? UNKNOWN;
    let index = told;
    if (told === UNKNOWN || low[told] !== rowLow || high[told] !== rowHigh) {
      const id = (BigInt(rowHigh) << 32n) | BigInt(rowLow);
      const found = known.get(id);
      index = found ?? low.length;
      if (found === undefined) {
        known.set(id, index);
        low.push(rowLow);
        high.push(rowHigh);
      }
      // Where nothing was told, a new series was expected.
      if (told === UNKNOWN && found === undefined) asExpected += 1;
      else {
        surprises.varint(asExpected);
        surprises.varint(found === undefined ? 0 : found + 1);
        asExpected = 0;
      }
    } else asExpected += 1;
    after[before] = index;
    indexes[row] = index;
    before = index;
  }
  for (const halves of [low, high]) {
    for (const half of halves) for (let shift = 0; shift < 32; shift += 8) series.byte((half >>> shift) & 0xff);
  }
  to.put(series);
  to.put(surprises);
  return sorted(indexes, low.length);
}

/** @throws RangeError, or what zstd throws */
export function readOrder(from: SectionReader, rows: number): Order & { readonly ids: Uint32Array } {
  const halves = Buffer.from(from.take());
  const surprises = from.source();
  const count = halves.length / (HALVES * 4);
  const after = new Uint32Array(rows + 1).fill(UNKNOWN);
  const indexes = new Uint32Array(rows);
  let before = rows;
  let fresh = 0;
  let asExpected = surpriseAfter(surprises);
  for (let row = 0; row < rows; row += 1) {
    const told = after[before] ?? UNKNOWN;
    let index = told === UNKNOWN ? fresh : told;
    if (asExpected === 0) {
      const found = surprises.varint();
      index = found === 0 ? fresh : found - 1;
      asExpected = surpriseAfter(surprises);
    } else asExpected -= 1;
    if (index === fresh) fresh += 1;
    if (index >= count) throw new RangeError('a series that is not there');
    after[before] = index;
    indexes[row] = index;
    before = index;
  }
  const order = sorted(indexes, count);
  const ids = new Uint32Array(rows * HALVES);
  for (let row = 0; row < rows; row += 1) {
    const index = indexes[row] ?? 0;
    const place = order.places[row] ?? 0;
    ids[place * HALVES] = halves.readUInt32LE(index * 4);
    ids[place * HALVES + 1] = halves.readUInt32LE((count + index) * 4);
  }
  return { ...order, ids };
}

/** Rows until the next surprise; none is left at the end. */
function surpriseAfter(surprises: { varint(): number; readonly done: boolean }): number {
  return surprises.done ? Infinity : surprises.varint();
}

function sorted(indexes: Uint32Array, count: number): Order {
  const starts = new Uint32Array(count + 1);
  for (const index of indexes) starts[index + 1] = (starts[index + 1] ?? 0) + 1;
  for (let index = 0; index < count; index += 1) starts[index + 1] = (starts[index + 1] ?? 0) + (starts[index] ?? 0);
  const next = starts.slice();
  const places = indexes.map((index) => {
    const place = next[index] ?? 0;
    next[index] = place + 1;
    return place;
  });
  return { starts, places };
}
