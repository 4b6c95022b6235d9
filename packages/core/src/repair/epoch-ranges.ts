/**
 * Sets of batches: ranges of sequence numbers by epoch. Pure functions. Whatever is sent later is sent newest first, because
 * what happened an hour ago matters more than last week, and a gap closes from the end people look at.
 */
import { addRange, EMPTY_RANGES, intersect, missing, type RangeSet } from '@kaiku/protocol';

export interface EpochSeq {
  readonly epoch: number;
  readonly seq: number;
}

export type EpochRanges = ReadonlyMap<number, RangeSet>;

/** `all` without `without`, epoch by epoch. Epochs of which nothing is left are absent. */
export function subtract(all: EpochRanges, without: EpochRanges): Map<number, RangeSet> {
  const out = new Map<number, RangeSet>();
  for (const [epoch, ranges] of all) {
    const gone = without.get(epoch) ?? EMPTY_RANGES;
    const left = ranges.flatMap(([from, to]) => missing(gone, from, to));
    if (left.length > 0) out.set(epoch, left);
  }
  return out;
}

/** What both hold, epoch by epoch. */
export function common(a: EpochRanges, b: EpochRanges): Map<number, RangeSet> {
  const out = new Map<number, RangeSet>();
  for (const [epoch, ranges] of a) {
    const both = intersect(ranges, b.get(epoch) ?? EMPTY_RANGES);
    if (both.length > 0) out.set(epoch, both);
  }
  return out;
}

export function count(ranges: EpochRanges): number {
  let sum = 0;
  for (const set of ranges.values()) for (const [from, to] of set) sum += to - from + 1;
  return sum;
}

/** The newest `limit` batches: highest epoch first, within it highest sequence number first. */
export function newest(
  ranges: EpochRanges,
  limit: number,
  accept: (key: EpochSeq) => boolean = () => true,
): EpochSeq[] {
  const out: EpochSeq[] = [];
  for (const epoch of [...ranges.keys()].toSorted((a, b) => b - a)) {
    for (const [from, to] of (ranges.get(epoch) ?? EMPTY_RANGES).toReversed()) {
      for (let seq = to; seq >= from; seq -= 1) {
        if (out.length >= limit) return out;
        if (accept({ epoch, seq })) out.push({ epoch, seq });
      }
    }
  }
  return out;
}

/** A list of batches as ranges. */
export function gather(keys: Iterable<EpochSeq>): Map<number, RangeSet> {
  const seqs = new Map<number, number[]>();
  for (const { epoch, seq } of keys) {
    const list = seqs.get(epoch);
    if (list === undefined) seqs.set(epoch, [seq]);
    else list.push(seq);
  }
  const out = new Map<number, RangeSet>();
  for (const [epoch, list] of seqs) {
    const ranges: [number, number][] = [];
    for (const seq of list.toSorted((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last !== undefined && seq <= last[1] + 1) last[1] = seq;
      else ranges.push([seq, seq]);
    }
    out.set(epoch, ranges);
  }
  return out;
}

/** With one batch more. Changes `into`. */
export function include(into: Map<number, RangeSet>, { epoch, seq }: EpochSeq): void {
  into.set(epoch, addRange(into.get(epoch) ?? EMPTY_RANGES, seq));
}

/** With one batch less. Changes `from`. */
export function exclude(from: Map<number, RangeSet>, { epoch, seq }: EpochSeq): void {
  const left = (from.get(epoch) ?? EMPTY_RANGES).flatMap(([low, high]) => missing([[seq, seq]], low, high));
  if (left.length === 0) from.delete(epoch);
  else from.set(epoch, left);
}

export function idOf({ epoch, seq }: EpochSeq): string {
  return `${epoch}/${seq}`;
}
