/**
 * What the buffer tells loggers of an epoch: every number from 1 to the highest is held or lost, in parts that
 * fit a message. Pure.
 */
import { EMPTY_RANGES, intersect, LOSS_REASONS, MAX_RANGES, missing } from '@kaiku/protocol';
import type { EpochInventory, LossReason, Range, RangeSet } from '@kaiku/protocol';

export interface EpochContents {
  readonly epoch: number;
  /** Highest number ever used. */
  readonly high: number;
  readonly contested: boolean;
  readonly held: RangeSet;
  readonly published: RangeSet;
  readonly lost: ReadonlyMap<LossReason, RangeSet>;
}

/** `set` without `gone`. */
export function without(set: RangeSet, gone: RangeSet): RangeSet {
  return set.flatMap(([from, to]) => missing(gone, from, to));
}

/** Numbers of `1..high` that are neither held nor recorded as lost. */
export function unexplained({ held, lost, high }: Pick<EpochContents, 'held' | 'lost' | 'high'>): RangeSet {
  let left = missing(held, 1, high);
  for (const ranges of lost.values()) left = without(left, ranges);
  return left;
}

/** Parts of an epoch, newest first; none when no number was used. */
export function inventoryOf(contents: EpochContents): readonly EpochInventory[] {
  const { epoch, high, held, contested } = contents;
  if (high < 1) return [];
  const bounded = intersect(held, [[1, high]]);
  const kept = contested ? EMPTY_RANGES : bounded;
  const waiting = without(kept, contents.published);
  const lost = lossesOf(contents, kept);
  const out: EpochInventory[] = [];
  for (const [from, to] of cuts([kept, waiting, ...lost.map(({ ranges }) => ranges)], high)) {
    const part = (set: RangeSet): [number, number][] => intersect(set, [[from, to]]).map(([a, b]) => [a, b]);
    out.push({
      epoch,
      from,
      to,
      held: part(kept),
      waiting: part(waiting),
      lost: lost
        .map(({ reason, ranges }) => ({ reason, ranges: part(ranges) }))
        .filter(({ ranges }) => ranges.length > 0),
    });
  }
  return out.toReversed();
}

/** Disjoint, and together with what is held exactly `1..high`. */
function lossesOf(
  { high, contested, held, lost }: EpochContents,
  kept: RangeSet,
): readonly { readonly reason: LossReason; readonly ranges: RangeSet }[] {
  let left = missing(kept, 1, high);
  const out: { reason: LossReason; ranges: RangeSet }[] = [];
  const take = (reason: LossReason, ranges: RangeSet): void => {
    const these = intersect(left, ranges);
    left = without(left, these);
    const before = out.find((each) => each.reason === reason);
    if (before !== undefined) before.ranges = union(before.ranges, these);
    else if (these.length > 0) out.push({ reason, ranges: these });
  };
  if (contested) take('contested', held);
  for (const reason of LOSS_REASONS) take(reason, lost.get(reason) ?? EMPTY_RANGES);
  take('damage', left);
  return out;
}

function union(a: RangeSet, b: RangeSet): RangeSet {
  const high = Math.max(a.at(-1)?.[1] ?? 0, b.at(-1)?.[1] ?? 0);
  return missing(without(missing(a, 1, high), b), 1, high);
}

/** Cuts `1..high` so that no set has more than MAX_RANGES ranges in a part. */
function cuts(sets: readonly RangeSet[], high: number): readonly Range[] {
  const out: Range[] = [];
  let from = 1;
  while (from <= high) {
    let to = high;
    for (const set of sets) {
      const first = firstAtLeast(set, from);
      const over = set[first + MAX_RANGES];
      if (over !== undefined) to = Math.min(to, over[0] - 1);
    }
    out.push([from, to]);
    from = to + 1;
  }
  return out;
}

/** Index of the first range that ends at `value` or later. */
function firstAtLeast(set: RangeSet, value: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle]?.[1] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
