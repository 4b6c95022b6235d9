/**
 * The ledger in memory: which batches are in the store, as ranges per agent and epoch, rebuilt from
 * the store at start. Fed by the recorder after the store has the rows; asked by verification, by
 * standing acknowledgements, by repair and by the figures. Pure: no clock, no I/O.
 *
 * A number below the highest of its epoch is held, explained (a recorded gap, or a batch refused for
 * good) or an open gap. An audit *doubts* what the store was found to lack: it is then no longer held,
 * and so asked for again. Where the store still has its ledger row (only the samples are gone), the
 * doubt is remembered, so that the batch is inserted again although its row is found.
 *
 * Hashes stay in the store; the newest are remembered here so that an ordinary redelivery costs no query.
 */
import {
  addAll,
  addRange,
  countValues,
  EMPTY_RANGES,
  hasValue,
  highest,
  missing,
  subtract,
  type RangeSet,
} from '@kaiku/protocol';
import type { GapRow, LedgerRow, LedgerSummary } from '@kaiku/store';

/** Some 20 MB of hashes: an hour of redelivery of a thousand agents is rarely more. */
const REMEMBERED_HASHES = 100_000;
/** Batches above a hole whose times are remembered until it closes. */
const REMEMBERED_TIMES = 10_000;
/** More doubts at once than this empty the memory of hashes: cheaper than to look for each. */
const SINGLE_DOUBTS = 10_000;

interface EpochState {
  readonly agent: string;
  readonly epoch: number;
  ranges: RangeSet;
  /** Recorded gaps: never to come. */
  lost: RangeSet;
  /** In quarantine: not to be asked for again. */
  refused: RangeSet;
  /** Not held, though the store has their ledger rows. */
  doubted: RangeSet;
  /** Held once, found missing by an audit. */
  gone: RangeSet;
  /** Newest sample time of any batch. */
  newestMs: number;
  /** Newest sample time of the batches 1..n that are here without an open gap; 0 when unknown. */
  watermarkMs: number;
  /** The n of it. */
  contiguous: number;
  /** seq → newest sample time, of batches above the gap. */
  readonly above: Map<number, number>;
}

export interface EpochView {
  readonly agent: string;
  readonly epoch: number;
  /** Held. */
  readonly ranges: RangeSet;
  /** Gaps with their reason in the store. */
  readonly lost: RangeSet;
  readonly refused: RangeSet;
  /** Held once, found missing by an audit: the transport will not bring it again by itself. */
  readonly gone: RangeSet;
  readonly newestMs: number;
  readonly watermarkMs: number;
}

export interface Ledger {
  has(agent: string, epoch: number, seq: number): boolean;
  /** The hash, where it is still remembered. */
  hash(agent: string, epoch: number, seq: number): string | undefined;
  remember(agent: string, epoch: number, seq: number, sha256: string): void;
  add(row: Pick<LedgerRow, 'agent' | 'epoch' | 'seq' | 'sha256' | 'lastMs'>): void;
  /**
   * These may not be in the store after all. Answers how many of them were held until now.
   * @param recorded the store has their ledger rows: they are inserted again all the same
   */
  doubt(agent: string, epoch: number, ranges: RangeSet, recorded: boolean): number;
  /** True where the store has the ledger row and perhaps not the samples. */
  isDoubted(agent: string, epoch: number, seq: number): boolean;
  /** These gaps are recorded. */
  explain(gaps: readonly Pick<GapRow, 'agent' | 'epoch' | 'from' | 'to'>[]): void;
  /** The gaps the store has, in place of those known here: one it has lost is an open gap again. */
  replaceGaps(gaps: readonly GapRow[]): void;
  /** In quarantine for good: no use in asking again. */
  refuse(agent: string, epoch: number, seq: number): void;
  /** Takes over what the store's ledger has and this one not; answers how many batches. */
  adopt(summaries: readonly LedgerSummary[]): number;
  epochs(): readonly EpochView[];
}

const keyOf = (agent: string, epoch: number, seq: number): string => `${agent} ${epoch} ${seq}`;

/** End of the range that holds a value; undefined where none does. */
function endOfRange(set: RangeSet, value: number): number | undefined {
  if (!hasValue(set, value)) return undefined;
  let low = 0;
  let high = set.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle]?.[1] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return set[low]?.[1];
}

/** The n of 1..n without an open gap. */
function contiguousTop({ ranges, lost, refused }: EpochState, from: number): number {
  for (let top = from; ;) {
    const next = endOfRange(ranges, top + 1) ?? endOfRange(lost, top + 1) ?? endOfRange(refused, top + 1);
    if (next === undefined) return top;
    top = next;
  }
}

function advance(state: EpochState): void {
  const top = contiguousTop(state, state.contiguous);
  if (top === state.contiguous) return;
  state.contiguous = top;
  if (top >= highest(state.ranges)) {
    // Nothing above a gap is left: the newest of all is the watermark.
    state.watermarkMs = state.newestMs;
    state.above.clear();
    return;
  }
  for (const [seq, lastMs] of state.above) {
    if (seq > top) continue;
    state.watermarkMs = Math.max(state.watermarkMs, lastMs);
    state.above.delete(seq);
  }
}

function viewOf({ agent, epoch, ranges, lost, refused, gone, newestMs, watermarkMs }: EpochState): EpochView {
  return { agent, epoch, ranges, lost, refused, gone, newestMs, watermarkMs };
}

/** Something below may have been taken away. */
function fallBack(state: EpochState): void {
  const top = contiguousTop(state, 0);
  if (top >= state.contiguous) return;
  state.contiguous = top;
  state.watermarkMs = 0;
}

/** Numbers below the highest known that are neither held nor explained. */
export function openGaps({ ranges, lost, refused }: Pick<EpochView, 'ranges' | 'lost' | 'refused'>): RangeSet {
  const holes = missing(ranges, 1, Math.max(highest(ranges), highest(lost)));
  return holes.length === 0 ? holes : subtract(subtract(holes, lost), refused);
}

/** @param before what was held before the store was read anew: what of it is not found is gone */
export function createLedger(
  summaries: readonly LedgerSummary[],
  gaps: readonly GapRow[] = [],
  before: readonly Pick<EpochView, 'agent' | 'epoch' | 'ranges'>[] = [],
): Ledger {
  const agents = new Map<string, Map<number, EpochState>>();
  const hashes = new Map<string, string>();

  const find = (agent: string, epoch: number): EpochState | undefined => agents.get(agent)?.get(epoch);
  const epochOf = (agent: string, epoch: number): EpochState => {
    let epochs = agents.get(agent);
    if (epochs === undefined) agents.set(agent, (epochs = new Map()));
    let state = epochs.get(epoch);
    if (state === undefined) {
      const held = { ranges: EMPTY_RANGES, lost: EMPTY_RANGES, refused: EMPTY_RANGES };
      const missed = { doubted: EMPTY_RANGES, gone: EMPTY_RANGES };
      state = { agent, epoch, ...held, ...missed, newestMs: 0, watermarkMs: 0, contiguous: 0, above: new Map() };
      epochs.set(epoch, state);
    }
    return state;
  };
  const remember = (agent: string, epoch: number, seq: number, sha256: string): void => {
    const key = keyOf(agent, epoch, seq);
    hashes.delete(key);
    hashes.set(key, sha256);
    if (hashes.size <= REMEMBERED_HASHES) return;
    for (const oldest of hashes.keys()) {
      hashes.delete(oldest);
      return;
    }
  };
  const forget = (agent: string, epoch: number, ranges: RangeSet, count: number): void => {
    if (count > SINGLE_DOUBTS) {
      hashes.clear();
      return;
    }
    for (const [from, to] of ranges) {
      for (let seq = from; seq <= to; seq += 1) hashes.delete(keyOf(agent, epoch, seq));
    }
  };
  const adopt = (found: readonly LedgerSummary[]): number => {
    let count = 0;
    for (const { agent, epoch, ranges, lastMs } of found) {
      const state = epochOf(agent, epoch);
      const fresh = subtract(subtract(ranges, state.ranges), state.doubted);
      if (fresh.length === 0) continue;
      count += countValues(fresh);
      state.ranges = state.ranges.length === 0 ? fresh : addAll(state.ranges, fresh);
      if (state.gone.length > 0) state.gone = subtract(state.gone, fresh);
      state.newestMs = Math.max(state.newestMs, lastMs);
      advance(state);
    }
    return count;
  };
  const explain: Ledger['explain'] = (rows) => {
    for (const [, list] of Map.groupBy(rows, ({ agent, epoch }) => `${agent} ${epoch}`)) {
      const [first] = list;
      if (first === undefined) continue;
      const state = epochOf(first.agent, first.epoch);
      for (const { from, to } of list) state.lost = addRange(state.lost, from, to);
      advance(state);
    }
  };

  adopt(summaries);
  explain(gaps);
  for (const { agent, epoch, ranges } of before) {
    const gone = subtract(ranges, find(agent, epoch)?.ranges ?? EMPTY_RANGES);
    if (gone.length > 0) epochOf(agent, epoch).gone = gone;
  }

  return {
    has: (agent, epoch, seq) => hasValue(find(agent, epoch)?.ranges ?? EMPTY_RANGES, seq),
    hash: (agent, epoch, seq) => hashes.get(keyOf(agent, epoch, seq)),
    remember,
    add: ({ agent, epoch, seq, sha256, lastMs }) => {
      const state = epochOf(agent, epoch);
      state.ranges = addRange(state.ranges, seq);
      if (state.doubted.length > 0) state.doubted = subtract(state.doubted, [[seq, seq]]);
      if (state.gone.length > 0) state.gone = subtract(state.gone, [[seq, seq]]);
      state.newestMs = Math.max(state.newestMs, lastMs);
      if (state.above.size < REMEMBERED_TIMES) state.above.set(seq, lastMs);
      advance(state);
      remember(agent, epoch, seq, sha256);
    },
    doubt: (agent, epoch, ranges, recorded) => {
      const state = find(agent, epoch);
      if (state === undefined) return 0;
      const left = subtract(state.ranges, ranges);
      const gone = subtract(state.ranges, left);
      const count = countValues(gone);
      if (recorded) state.doubted = addAll(state.doubted, gone);
      else state.doubted = subtract(state.doubted, ranges);
      if (count === 0) return 0;
      state.ranges = left;
      state.gone = addAll(state.gone, gone);
      forget(agent, epoch, gone, count);
      fallBack(state);
      return count;
    },
    isDoubted: (agent, epoch, seq) => hasValue(find(agent, epoch)?.doubted ?? EMPTY_RANGES, seq),
    explain,
    replaceGaps: (rows) => {
      for (const epochs of agents.values()) for (const state of epochs.values()) state.lost = EMPTY_RANGES;
      explain(rows);
      for (const epochs of agents.values()) for (const state of epochs.values()) fallBack(state);
    },
    refuse: (agent, epoch, seq) => {
      const state = epochOf(agent, epoch);
      if (hasValue(state.ranges, seq)) return;
      state.refused = addRange(state.refused, seq);
      advance(state);
    },
    adopt,
    epochs: () => [...agents.values()].flatMap((epochs) => [...epochs.values()].map(viewOf)),
  };
}
