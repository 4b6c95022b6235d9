/**
 * Whole numbers in groups (one group a series) as few bytes: each group says how it is written, its values stand with those of like
 * width, one byte of each a plane.
 *
 * ```
 *  plain   value = base + step × q               noise around a level, constants
 *  delta   value = the one before + base + step × q   counters, times
 *  bits    64 bits, XOR with those before        everything else
 * ```
 *
 * `step` is the greatest common divisor of what is left, so that multiples of 4096 or of 0.5 cost no more than others.
 * Source of the idea: frame of reference and byte-plane shuffling, as in ALP, Parquet and Blosc. Pure.
 */
import { ByteSink, type SectionReader, type SectionWriter } from './bytes.ts';

/** Whole numbers farther from 0 are written as bits: differences of differences must stay exact. */
export const MOST = 2 ** 50;
const WIDTHS = 8;
const DELTA = 8;
const BITS = 255;
const BIT_PLANES = 8;
const HIGH = 2 ** 32;

/** Row numbers where each group begins, and behind the last where it ends. */
export type Starts = Uint32Array;

export interface Groups {
  /** In order of groups; of groups that are `asBits` nothing is read. */
  readonly values: Float64Array;
  readonly asBits: Uint8Array;
  /** Low and high half of each value; only those of groups that are `asBits` are used. */
  readonly bits?: Uint32Array | undefined;
}

const at = (values: Float64Array | Uint32Array | Uint8Array, index: number): number => values[index] ?? 0;

class Planes {
  readonly #widths = Array.from({ length: WIDTHS }, (_, width) => Array.from({ length: width }, () => new ByteSink()));
  readonly #bits = Array.from({ length: BIT_PLANES }, () => new ByteSink());

  add(width: number, value: number): void {
    const planes = this.#widths[width] ?? [];
    let low = value % HIGH;
    for (let plane = 0; plane < width; plane += 1) {
      if (plane === 4) low = Math.floor(value / HIGH);
      planes[plane]?.byte(low & 0xff);
      low >>>= 8;
    }
  }

  addBits(low: number, high: number): void {
    for (let plane = 0; plane < 4; plane += 1) {
      this.#bits[plane]?.byte((low >>> (plane * 8)) & 0xff);
      this.#bits[plane + 4]?.byte((high >>> (plane * 8)) & 0xff);
    }
  }

  write(to: SectionWriter): void {
    for (const planes of this.#widths) for (const plane of planes) to.put(plane);
    for (const plane of this.#bits) to.put(plane);
  }
}

function widthOf(most: number): number {
  let width = 0;
  for (let rest = most; rest >= 1; rest /= 256) width += 1;
  return width;
}

function divisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

export function writeInts({ values, asBits, bits }: Groups, starts: Starts, to: SectionWriter): void {
  const kinds = new ByteSink();
  const anchors = new ByteSink();
  const bases = new ByteSink();
  const steps = new ByteSink();
  const planes = new Planes();
  let anchorBefore = 0;
  let baseBefore = 0;
  for (let group = 0; group + 1 < starts.length; group += 1) {
    const from = at(starts, group);
    const end = at(starts, group + 1);
    if (at(asBits, group) === 1) {
      kinds.byte(BITS);
      writeBits(bits ?? new Uint32Array(), from, end, planes);
      continue;
    }
    const { delta, base, span } = shapeOf(values, from, end);
    const step = span === 0 ? 0 : stepOf(values, from, end, delta, base);
    const width = span === 0 ? 0 : widthOf(span / step);
    kinds.byte((delta ? DELTA : 0) + width);
    const anchor = delta ? at(values, from) : base;
    anchors.signed(anchor - anchorBefore);
    anchorBefore = anchor;
    if (delta) {
      bases.signed(base - baseBefore);
      baseBefore = base;
    }
    if (width === 0) continue;
    steps.varint(step);
    if (delta) {
      for (let row = from + 1; row < end; row += 1) {
        planes.add(width, (at(values, row) - at(values, row - 1) - base) / step);
      }
    } else for (let row = from; row < end; row += 1) planes.add(width, (at(values, row) - base) / step);
  }
  for (const sink of [kinds, anchors, bases, steps]) to.put(sink);
  planes.write(to);
}

function writeBits(bits: Uint32Array, from: number, end: number, planes: Planes): void {
  let low = 0;
  let high = 0;
  for (let row = from; row < end; row += 1) {
    planes.addBits(low ^ at(bits, row * 2), high ^ at(bits, row * 2 + 1));
    low = at(bits, row * 2);
    high = at(bits, row * 2 + 1);
  }
}

/** Which of the two ways spans less. */
function shapeOf(values: Float64Array, from: number, end: number): { delta: boolean; base: number; span: number } {
  let low = Infinity;
  let high = -Infinity;
  let lowStep = Infinity;
  let highStep = -Infinity;
  let before = at(values, from);
  for (let row = from; row < end; row += 1) {
    const value = at(values, row);
    if (value < low) low = value;
    if (value > high) high = value;
    if (row > from) {
      const step = value - before;
      if (step < lowStep) lowStep = step;
      if (step > highStep) highStep = step;
    }
    before = value;
  }
  if (end - from < 2 || high - low <= highStep - lowStep) return { delta: false, base: low, span: high - low };
  return { delta: true, base: lowStep, span: highStep - lowStep };
}

function stepOf(values: Float64Array, from: number, end: number, delta: boolean, base: number): number {
  let step = 0;
  for (let row = delta ? from + 1 : from; row < end; row += 1) {
    const rest = at(values, row) - base - (delta ? at(values, row - 1) : 0);
    if (rest !== 0) step = divisor(rest, step);
    if (step === 1) break;
  }
  return step;
}

class PlaneReader {
  readonly #widths: readonly (readonly Uint8Array[])[];
  readonly #bits: readonly Uint8Array[];
  readonly #at = new Uint32Array(WIDTHS);
  #bitsAt = 0;

  constructor(from: SectionReader) {
    this.#widths = Array.from({ length: WIDTHS }, (_, width) => Array.from({ length: width }, () => from.take()));
    this.#bits = Array.from({ length: BIT_PLANES }, () => from.take());
  }

  next(width: number): number {
    const index = at(this.#at, width);
    this.#at[width] = index + 1;
    const planes = this.#widths[width] ?? [];
    let value = 0;
    for (let plane = width - 1; plane >= 0; plane -= 1) value = value * 256 + (planes[plane]?.[index] ?? 0);
    return value;
  }

  /** Low half; the high one is `half` 4. Both before `step`. */
  half(half: 0 | 4): number {
    let value = 0;
    for (let plane = 3; plane >= 0; plane -= 1) value = (value << 8) | (this.#bits[plane + half]?.[this.#bitsAt] ?? 0);
    return value;
  }

  step(): void {
    this.#bitsAt += 1;
  }
}

/** @throws RangeError, or what zstd throws */
export function readInts(from: SectionReader, starts: Starts): Groups & { readonly bits: Uint32Array } {
  const kinds = from.take();
  const anchors = from.source();
  const bases = from.source();
  const steps = from.source();
  const planes = new PlaneReader(from);
  const rows = at(starts, starts.length - 1);
  const values = new Float64Array(rows);
  const asBits = new Uint8Array(Math.max(0, starts.length - 1));
  const bits = new Uint32Array(kinds.includes(BITS) ? rows * 2 : 0);
  let anchor = 0;
  let base = 0;
  for (let group = 0; group + 1 < starts.length; group += 1) {
    const first = at(starts, group);
    const end = at(starts, group + 1);
    const kind = at(kinds, group);
    if (kind === BITS) {
      asBits[group] = 1;
      readBits(bits, first, end, planes);
      continue;
    }
    const width = kind % DELTA;
    anchor += anchors.signed();
    if (kind < DELTA) {
      const step = width === 0 ? 0 : steps.varint();
      for (let row = first; row < end; row += 1) values[row] = anchor + (width === 0 ? 0 : step * planes.next(width));
      continue;
    }
    base += bases.signed();
    const step = width === 0 ? 0 : steps.varint();
    let value = anchor;
    values[first] = value;
    for (let row = first + 1; row < end; row += 1) {
      value += base + (width === 0 ? 0 : step * planes.next(width));
      values[row] = value;
    }
  }
  return { values, asBits, bits };
}

function readBits(bits: Uint32Array, from: number, end: number, planes: PlaneReader): void {
  let low = 0;
  let high = 0;
  for (let row = from; row < end; row += 1) {
    low ^= planes.half(0);
    high ^= planes.half(4);
    planes.step();
    bits[row * 2] = low;
    bits[row * 2 + 1] = high;
  }
}
