/**
 * Which batches of the backlog to send next. Pure functions over range sets by epoch: newest first, because
 * what happened an hour ago matters more than last week, and a gap closes from the end people look at.
 */
import { EMPTY_RANGES, missing, type RangeSet } from '@kaiku/protocol';
import type { BatchKey } from '../buffer/agent-buffer.ts';

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
  return subtract(a, subtract(a, b));
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
  accept: (key: BatchKey) => boolean = () => true,
): BatchKey[] {
  const out: BatchKey[] = [];
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
