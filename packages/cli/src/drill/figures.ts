/** What a drill's observations amount to. Pure. */
import { countValues, missing, subtract, type RangeSet } from '@kaiku/protocol';

/** One look, about each second. */
export interface Look {
  readonly atMs: number;
  /** Round-trip of a page by web server; undefined: no answer. */
  readonly pages: Readonly<Record<string, number | undefined>>;
  readonly storesAnswering: number;
  /** Age of the newest sample in a store that answers, of the agent for which it is oldest; undefined: none is known. */
  readonly freshnessMs: number | undefined;
  /** Partitions of the work held by analyzers that are heard. */
  readonly partitionsHeld: number;
}

export interface StoreLedger {
  readonly store: string;
  /** Sequence numbers held, by `agent epoch`. */
  readonly held: ReadonlyMap<string, RangeSet>;
}

export interface WatchFigures {
  readonly looks: number;
  /** Longest time without an answer from any web server. */
  readonly pagesAwayMs: number;
  readonly pagesAnswered: number;
  readonly pageMedianMs: number | undefined;
  readonly pageWorstMs: number | undefined;
  readonly freshnessWorstMs: number | undefined;
  /** Longest time without a store that answers. */
  readonly storesAwayMs: number;
  /** Longest time in which a partition had no analyzer. */
  readonly unevaluatedMs: number;
}

export function watchFigures(looks: readonly Look[], partitions: number): WatchFigures {
  const times = looks
    .flatMap(({ pages }) => Object.values(pages).filter((ms) => ms !== undefined))
    .toSorted((a, b) => a - b);
  const fresh = looks.flatMap(({ freshnessMs }) => freshnessMs ?? []);
  return {
    looks: looks.length,
    pagesAwayMs: longest(looks, ({ pages }) => Object.values(pages).every((ms) => ms === undefined)),
    pagesAnswered: looks.filter(({ pages }) => Object.values(pages).some((ms) => ms !== undefined)).length,
    pageMedianMs: times[Math.floor(times.length / 2)],
    pageWorstMs: times.at(-1),
    freshnessWorstMs: fresh.length === 0 ? undefined : Math.max(...fresh),
    storesAwayMs: longest(looks, ({ storesAnswering }) => storesAnswering === 0),
    unevaluatedMs: longest(looks, ({ partitionsHeld }) => partitionsHeld < partitions),
  };
}

/** Longest run of looks of which something holds: from the last look before it to the first after. */
function longest(looks: readonly Look[], holds: (look: Look) => boolean): number {
  let most = 0;
  let sinceMs: number | undefined;
  for (const [index, look] of looks.entries()) {
    if (holds(look)) {
      sinceMs ??= looks[Math.max(0, index - 1)]?.atMs ?? look.atMs;
      most = Math.max(most, look.atMs - sinceMs);
    } else {
      if (sinceMs !== undefined) most = Math.max(most, look.atMs - sinceMs);
      sinceMs = undefined;
    }
  }
  return most;
}

/** Every number that any store has, by `agent epoch`. */
export function unionOf(ledgers: readonly StoreLedger[]): ReadonlyMap<string, RangeSet> {
  const all = new Map<string, RangeSet>();
  for (const { held } of ledgers) {
    for (const [key, ranges] of held) {
      const before = all.get(key);
      all.set(key, before === undefined ? ranges : mergeRanges(before, ranges));
    }
  }
  return all;
}

function mergeRanges(a: RangeSet, b: RangeSet): RangeSet {
  const extra = subtract(b, a);
  const merged: [number, number][] = [];
  for (const [from, to] of [...a, ...extra].toSorted(([x], [y]) => x - y)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** Batches of `wanted` that a store lacks. */
export function lackingOf({ held }: StoreLedger, wanted: ReadonlyMap<string, RangeSet>): number {
  let count = 0;
  for (const [key, ranges] of wanted) count += countValues(subtract(ranges, held.get(key) ?? []));
  return count;
}

/** Numbers between those that are held which no store has: lost, or never sealed. */
export function holesOf(all: ReadonlyMap<string, RangeSet>): number {
  let count = 0;
  for (const ranges of all.values()) {
    const [first, last] = [ranges[0], ranges.at(-1)];
    if (first !== undefined && last !== undefined) count += countValues(missing(ranges, first[0], last[1]));
  }
  return count;
}
