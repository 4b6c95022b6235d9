/**
 * A set of whole numbers kept as sorted, disjoint, inclusive ranges: what of an epoch is published,
 * acknowledged or in the store. Immutable; every operation answers a new set. Pure.
 */
export type Range = readonly [from: number, to: number];
export type RangeSet = readonly Range[];

export const EMPTY_RANGES: RangeSet = [];

/** Adds `from..to`, joining what touches. */
export function addRange(set: RangeSet, from: number, to: number = from): RangeSet {
  const out: Range[] = [];
  let low = from;
  let high = to;
  let placed = false;
  for (const range of set) {
    if (range[1] < low - 1) out.push(range);
    else if (range[0] > high + 1) {
      if (!placed) {
        out.push([low, high]);
        placed = true;
      }
      out.push(range);
    } else {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
    }
  }
  if (!placed) out.push([low, high]);
  return out;
}

export function addAll(set: RangeSet, more: RangeSet): RangeSet {
  return more.reduce<RangeSet>((sum, [from, to]) => addRange(sum, from, to), set);
}

export function hasValue(set: RangeSet, value: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = set[middle];
    if (range === undefined) return false;
    if (value < range[0]) high = middle - 1;
    else if (value > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** What of `from..to` is not in the set: the holes, ascending. */
export function missing(set: RangeSet, from: number, to: number): RangeSet {
  const out: Range[] = [];
  let next = from;
  for (const [low, high] of set) {
    if (high < next) continue;
    if (low > to) break;
    if (low > next) out.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= to) out.push([next, to]);
  return out;
}

export function countValues(set: RangeSet): number {
  return set.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** Highest value, or 0 of an empty set. */
export function highest(set: RangeSet): number {
  return set.at(-1)?.[1] ?? 0;
}

/** What both sets hold. */
export function intersect(a: RangeSet, b: RangeSet): RangeSet {
  const out: Range[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return out;
    const low = Math.max(left[0], right[0]);
    const high = Math.min(left[1], right[1]);
    if (low <= high) out.push([low, high]);
    if (left[1] < right[1]) i += 1;
    else j += 1;
  }
}

/** What of `a` is not in `b`. */
export function subtract(a: RangeSet, b: RangeSet): RangeSet {
  if (a.length === 0 || b.length === 0) return a;
  const out: Range[] = [];
  let j = 0;
  for (const [from, to] of a) {
    let next = from;
    for (; j < b.length; j += 1) {
      const hole = b[j];
      if (hole === undefined || hole[0] > to) break;
      if (hole[1] < next) continue;
      if (hole[0] > next) out.push([next, hole[0] - 1]);
      next = hole[1] + 1;
      // It may reach into the next range of `a`: looked at again there.
      if (hole[1] >= to) break;
    }
    if (next <= to) out.push([next, to]);
  }
  return out;
}

/** The highest `count` values of a set. */
export function highestValues(set: RangeSet, count: number): RangeSet {
  const out: Range[] = [];
  let left = count;
  for (let i = set.length - 1; i >= 0 && left > 0; i -= 1) {
    const range = set[i];
    if (range === undefined) break;
    const from = Math.max(range[0], range[1] - left + 1);
    out.push([from, range[1]]);
    left -= range[1] - from + 1;
  }
  return out.toReversed();
}
