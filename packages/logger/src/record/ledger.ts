/**
 * The ledger in memory: which batches are in the store, as ranges per agent and epoch, rebuilt from
 * the store at start. Fed by the recorder after the store has the rows; asked by verification, by
 * standing acknowledgements and by the figures. Pure: no clock, no I/O.
 *
 * Hashes stay in the store; the newest are remembered here so that an ordinary redelivery costs no query.
 */
import { addRange, countValues, EMPTY_RANGES, hasValue, highest, type RangeSet } from '@kaiku/protocol';
import type { LedgerRow, LedgerSummary } from '@kaiku/store';

/** Some 20 MB of hashes: an hour of redelivery of a thousand agents is rarely more. */
const REMEMBERED_HASHES = 100_000;
/** Batches above a hole whose times are remembered until it closes. */
const REMEMBERED_TIMES = 10_000;

interface EpochState {
  ranges: RangeSet;
  /** Newest sample time of any batch. */
  newestMs: number;
  /** Newest sample time of the batches 1..n that are here without a hole; 0 when 1 is missing. */
  watermarkMs: number;
  /** The n of it. */
  contiguous: number;
  /** seq → newest sample time, of batches above the hole. */
  readonly above: Map<number, number>;
}

export interface EpochView {
  readonly agent: string;
  readonly epoch: number;
  readonly ranges: RangeSet;
  readonly newestMs: number;
  readonly watermarkMs: number;
  /** Sequence numbers missing below the highest. */
  readonly gapBatches: number;
}

export interface Ledger {
  has(agent: string, epoch: number, seq: number): boolean;
  /** The hash, where it is still remembered. */
  hash(agent: string, epoch: number, seq: number): string | undefined;
  remember(agent: string, epoch: number, seq: number, sha256: string): void;
  add(row: LedgerRow): void;
  epochs(): readonly EpochView[];
}

const keyOf = (agent: string, epoch: number, seq: number): string => `${agent} ${epoch} ${seq}`;

function contiguousTop(ranges: RangeSet): number {
  const first = ranges[0];
  return first !== undefined && first[0] <= 1 ? first[1] : 0;
}

function advance(state: EpochState): void {
  const top = contiguousTop(state.ranges);
  if (top === state.contiguous) return;
  state.contiguous = top;
  if (state.ranges.length === 1) {
    // Nothing above a hole is left: the newest of all is the watermark.
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

export function createLedger(summaries: readonly LedgerSummary[]): Ledger {
  const agents = new Map<string, Map<number, EpochState>>();
  const hashes = new Map<string, string>();

  const epochOf = (agent: string, epoch: number): EpochState => {
    let epochs = agents.get(agent);
    if (epochs === undefined) agents.set(agent, (epochs = new Map()));
    let state = epochs.get(epoch);
    if (state === undefined) {
      state = { ranges: EMPTY_RANGES, newestMs: 0, watermarkMs: 0, contiguous: 0, above: new Map() };
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

  for (const summary of summaries) {
    const state = epochOf(summary.agent, summary.epoch);
    state.ranges = summary.ranges;
    state.newestMs = summary.lastMs;
    advance(state);
  }

  return {
    has: (agent, epoch, seq) => hasValue(agents.get(agent)?.get(epoch)?.ranges ?? EMPTY_RANGES, seq),
    hash: (agent, epoch, seq) => hashes.get(keyOf(agent, epoch, seq)),
    remember,
    add: ({ agent, epoch, seq, sha256, lastMs }) => {
      const state = epochOf(agent, epoch);
      state.ranges = addRange(state.ranges, seq);
      state.newestMs = Math.max(state.newestMs, lastMs);
      if (state.above.size < REMEMBERED_TIMES) state.above.set(seq, lastMs);
      advance(state);
      remember(agent, epoch, seq, sha256);
    },
    epochs: () =>
      [...agents].flatMap(([agent, epochs]) =>
        [...epochs].map(([epoch, { ranges, newestMs, watermarkMs }]) => ({
          agent,
          epoch,
          ranges,
          newestMs,
          watermarkMs,
          gapBatches: highest(ranges) - countValues(ranges),
        })),
      ),
  };
}
