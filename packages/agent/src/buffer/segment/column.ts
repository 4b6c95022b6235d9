/**
 * One column of a table, of all batches together and sorted by series: as whole numbers where its values are some, decimals scaled to
 * such, else as bits. Between the packed values of `Native` blocks and ints.ts. Pure.
 */
import { readVarint, type ColumnData, type ColumnType } from '@kaiku/protocol';
import { ByteSink, type SectionReader, type SectionWriter } from './bytes.ts';
import { MOST, readInts, writeInts, type Groups, type Starts } from './ints.ts';
import type { Order } from './order.ts';

/** Decimals looked for: a measured value rarely has more. */
const MOST_DECIMALS = 9;
const POWERS = Array.from({ length: MOST_DECIMALS + 1 }, (_, power) => 10 ** power);
const HIGH = 2 ** 32;

const WIDTHS: Readonly<Record<Exclude<ColumnType, 'String'>, 1 | 4 | 8>> = {
  UInt8: 1,
  UInt32: 4,
  UInt64: 8,
  Float64: 8,
  "DateTime64(3, 'UTC')": 8,
};

const at = (values: Float64Array | Uint32Array | Uint8Array, index: number): number => values[index] ?? 0;

/** Values of any width as low and high halves, sorted. */
function sortedHalves(packed: Uint8Array, rows: number, { places }: Order): Uint32Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const bits = new Uint32Array(rows * 2);
  for (let row = 0; row < rows; row += 1) {
    const place = at(places, row);
    bits[place * 2] = view.getUint32(row * 8, true);
    bits[place * 2 + 1] = view.getUint32(row * 8 + 4, true);
  }
  return bits;
}

/** @param packed the column's values, of all batches one after the other */
export function writeColumn(type: ColumnType, packed: Uint8Array, rows: number, order: Order, to: SectionWriter): void {
  if (type === 'String') writeTexts(packed, rows, order, to);
  else if (WIDTHS[type] < 8) writeSmall(WIDTHS[type], packed, rows, order, to);
  else if (isConstant(packed)) to.put(packed.subarray(0, 8));
  else {
    to.put(new Uint8Array());
    const bits = sortedHalves(packed, rows, order);
    if (type === 'Float64') writeFloats(bits, order.starts, to);
    else writeInts(wholes(bits, order.starts, type !== 'UInt64'), order.starts, to);
  }
}

function isConstant(packed: Uint8Array): boolean {
  for (let index = 8; index < packed.length; index += 1) if (packed[index] !== packed[index - 8]) return false;
  return true;
}

function writeSmall(width: 1 | 4 | 8, packed: Uint8Array, rows: number, order: Order, to: SectionWriter): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    values[at(order.places, row)] = width === 1 ? view.getUint8(row) : view.getUint32(row * 4, true);
  }
  writeInts({ values, asBits: new Uint8Array(order.starts.length - 1) }, order.starts, to);
}

/** 64-bit whole numbers; a series with one beyond MOST stays bits. */
function wholes(bits: Uint32Array, starts: Starts, negative: boolean): Groups {
  const values = new Float64Array(bits.length / 2);
  const asBits = new Uint8Array(starts.length - 1);
  for (let group = 0; group < asBits.length; group += 1) {
    for (let row = at(starts, group); row < at(starts, group + 1); row += 1) {
      const high = at(bits, row * 2 + 1);
      const value = (negative ? high | 0 : high) * HIGH + at(bits, row * 2);
      values[row] = value;
      if (Math.abs(value) > MOST) asBits[group] = 1;
    }
  }
  return { values, asBits, bits };
}

/** NaN, the infinities and -0 stand beside: a failed probe must not make its series bits. */
function writeFloats(bits: Uint32Array, starts: Starts, to: SectionWriter): void {
  const floats = new Float64Array(bits.buffer, bits.byteOffset, bits.length / 2);
  const values = new Float64Array(floats.length);
  const asBits = new Uint8Array(starts.length - 1);
  const decimals = new Uint8Array(starts.length - 1);
  const odd = new ByteSink();
  const oddBits = new ByteSink();
  let oddBefore = 0;
  for (let group = 0; group < asBits.length; group += 1) {
    const from = at(starts, group);
    const end = at(starts, group + 1);
    const found = decimalsOf(floats, from, end);
    if (found === undefined) {
      asBits[group] = 1;
      continue;
    }
    decimals[group] = found.decimals;
    const power = POWERS[found.decimals] ?? 1;
    let before = Math.round(found.first * power);
    for (let row = from; row < end; row += 1) {
      const value = at(floats, row);
      if (isOdd(value)) {
        odd.varint(row - oddBefore);
        oddBefore = row;
        for (const half of [at(bits, row * 2), at(bits, row * 2 + 1)]) {
          for (let shift = 0; shift < 32; shift += 8) oddBits.byte((half >>> shift) & 0xff);
        }
      } else before = Math.round(value * power);
      values[row] = before;
    }
  }
  for (const section of [decimals, odd, oddBits]) to.put(section);
  writeInts({ values, asBits, bits }, starts, to);
}

const isOdd = (value: number): boolean => !Number.isFinite(value) || Object.is(value, -0);

/** Fewest decimals that give every value back exactly, and the first value; undefined when there are none such. */
function decimalsOf(
  floats: Float64Array,
  from: number,
  end: number,
): { readonly decimals: number; readonly first: number } | undefined {
  let decimals = 0;
  let first: number | undefined;
  for (let row = from; row < end; row += 1) {
    const value = at(floats, row);
    if (isOdd(value)) continue;
    first ??= value;
    for (;;) {
      const power = POWERS[decimals];
      if (power === undefined) return undefined;
      const scaled = Math.round(value * power);
      if (Math.abs(scaled) > MOST) return undefined;
      if (scaled / power === value) break;
      decimals += 1;
    }
  }
  return first === undefined || !allFit(floats, from, end, POWERS[decimals] ?? 1) ? undefined : { decimals, first };
}

/** More decimals than a value needs may be too many for it. */
function allFit(floats: Float64Array, from: number, end: number, power: number): boolean {
  for (let row = from; row < end; row += 1) {
    const value = at(floats, row);
    if (isOdd(value)) continue;
    const scaled = Math.round(value * power);
    if (Math.abs(scaled) > MOST || scaled / power !== value) return false;
  }
  return true;
}

function writeTexts(packed: Uint8Array, rows: number, { places }: Order, to: SectionWriter): void {
  const texts: Uint8Array[] = [];
  let offset = 0;
  for (let row = 0; row < rows; row += 1) {
    const length = readVarint(packed, offset) ?? { value: 0, next: packed.length };
    texts[at(places, row)] = packed.subarray(length.next, length.next + length.value);
    offset = length.next + length.value;
  }
  const lengths = new ByteSink();
  for (const text of texts) lengths.varint(text.length);
  to.put(lengths);
  to.put(Buffer.concat(texts));
}

/** A column as it was read: hands out any rows of it as a block wants them. */
export interface ReadColumn {
  /** @param places sorted places of the rows wanted */
  gather(places: Uint32Array): ColumnData;
}

/** @throws RangeError, or what zstd throws */
export function readColumn(type: ColumnType, rows: number, starts: Starts, from: SectionReader): ReadColumn {
  if (type === 'String') return readTexts(rows, from);
  if (WIDTHS[type] < 8) {
    const { values } = readInts(from, starts);
    const held = WIDTHS[type] === 1 ? Uint8Array.from(values) : Uint32Array.from(values);
    return { gather: (places) => gatherSmall(held, places) };
  }
  const constant = from.take();
  if (constant.length > 0) {
    const [low = 0, high = 0] = new Uint32Array(Uint8Array.from(constant).buffer);
    return {
      gather: (places) => {
        const out = new Uint32Array(places.length * 2);
        for (let row = 0; row < places.length; row += 1) out.set([low, high], row * 2);
        return as64(type, out);
      },
    };
  }
  const bits = type === 'Float64' ? readFloats(starts, from) : readWholes(starts, from);
  return halvesColumn(type, bits);
}

/** A column of 64 bits that is known already. */
export function halvesColumn(type: ColumnType, bits: Uint32Array): ReadColumn {
  return {
    gather: (places) => {
      const out = new Uint32Array(places.length * 2);
      for (let row = 0; row < places.length; row += 1) {
        const place = at(places, row) * 2;
        out[row * 2] = at(bits, place);
        out[row * 2 + 1] = at(bits, place + 1);
      }
      return as64(type, out);
    },
  };
}

function as64(type: ColumnType, halves: Uint32Array<ArrayBuffer>): ColumnData {
  if (type === 'UInt64') return new BigUint64Array(halves.buffer);
  return type === 'Float64' ? new Float64Array(halves.buffer) : new BigInt64Array(halves.buffer);
}

function gatherSmall(held: Uint8Array | Uint32Array, places: Uint32Array): ColumnData {
  const out = held instanceof Uint8Array ? new Uint8Array(places.length) : new Uint32Array(places.length);
  for (let row = 0; row < places.length; row += 1) out[row] = at(held, at(places, row));
  return out;
}

function readWholes(starts: Starts, from: SectionReader): Uint32Array {
  const { values, asBits, bits } = readInts(from, starts);
  const out = new Uint32Array(values.length * 2);
  for (let group = 0; group < asBits.length; group += 1) {
    for (let row = at(starts, group); row < at(starts, group + 1); row += 1) {
      const value = at(values, row);
      const raw = asBits[group] === 1;
      out[row * 2] = raw ? at(bits, row * 2) : value % HIGH < 0 ? (value % HIGH) + HIGH : value % HIGH;
      out[row * 2 + 1] = raw ? at(bits, row * 2 + 1) : Math.floor(value / HIGH);
    }
  }
  return out;
}

function readFloats(starts: Starts, from: SectionReader): Uint32Array {
  const decimals = from.take();
  const odd = from.source();
  const oddBits = Buffer.from(from.take());
  const { values, asBits, bits } = readInts(from, starts);
  const floats = new Float64Array(values.length);
  const out = new Uint32Array(floats.buffer);
  for (let group = 0; group < asBits.length; group += 1) {
    const power = POWERS[at(decimals, group)] ?? 1;
    for (let row = at(starts, group); row < at(starts, group + 1); row += 1) {
      if (asBits[group] === 1) out.set(bits.subarray(row * 2, row * 2 + 2), row * 2);
      else floats[row] = at(values, row) / power;
    }
  }
  let row = 0;
  for (let index = 0; index < oddBits.length / 8; index += 1) {
    row += odd.varint();
    out[row * 2] = oddBits.readUInt32LE(index * 8);
    out[row * 2 + 1] = oddBits.readUInt32LE(index * 8 + 4);
  }
  return out;
}

function readTexts(rows: number, from: SectionReader): ReadColumn {
  const lengths = from.source();
  const bytes = Buffer.from(from.take());
  const texts: string[] = [];
  let offset = 0;
  for (let row = 0; row < rows; row += 1) {
    const length = lengths.varint();
    texts.push(bytes.toString('utf8', offset, offset + length));
    offset += length;
  }
  return { gather: (places) => Array.from(places, (place) => texts[place] ?? '') };
}
