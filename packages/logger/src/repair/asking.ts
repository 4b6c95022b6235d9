/**
 * What to ask one agent for next, and when to ask again: a window of the newest batches that are missing,
 * renewed when most of it has arrived. An agent that sends nothing is asked less and less often. Pure.
 *
 * A new request replaces the one before. So what of the old window has not arrived at its renewal is asked
 * for again at once only where nothing of it can be on its way, else after PARKED_MS.
 */
import {
  countValues,
  EMPTY_RANGES,
  highestValues,
  intersect,
  MAX_RANGES,
  subtract,
  type RangeSet,
} from '@kaiku/protocol';

export type Epochs = ReadonlyMap<number, RangeSet>;

/** An agent sends a batch again 20 s after it did so at the earliest: asking sooner is idle. */
const PATIENCE_MS = 25_000;
const LONGEST_PATIENCE_MS = 120_000;
const PARKED_MS = 30_000;
/** While anybody's batches are on their way, silence proves little: patience is longer. */
const BUSY_PATIENCE = 4;
/** An agent takes a request that is not repeated within two minutes for given up. */
const REPEAT_MS = 60_000;
/** Repeated only while most of it is with the agent: what is on its way would be sent twice. */
const AT_AGENT = 4;
/** A window is renewed when no more than this share of it is outstanding: a quarter of the largest lasts a second. */
const RENEW_SHARE = 4;
/** One command: at most so many epochs, and so many ranges in all. */
const MOST = { epochs: 50, ranges: 5000 } as const;

export interface Asking {
  arrived(nowMs: number): void;
  /** True while batches asked for may still come: it then keeps its place among the agents that are served. */
  isBusy(wanted: Epochs): boolean;
  /** What to ask for now; empty: nothing yet. */
  next(wanted: Epochs, window: number, replayLag: number, nowMs: number): Epochs;
}

const without = (a: Epochs, b: Epochs): Epochs =>
  new Map(
    [...a].flatMap(([epoch, ranges]): [number, RangeSet][] => {
      const left = subtract(ranges, b.get(epoch) ?? EMPTY_RANGES);
      return left.length === 0 ? [] : [[epoch, left]];
    }),
  );
const common = (a: Epochs, b: Epochs): Epochs =>
  new Map(
    [...a].flatMap(([epoch, ranges]): [number, RangeSet][] => {
      const both = intersect(ranges, b.get(epoch) ?? EMPTY_RANGES);
      return both.length === 0 ? [] : [[epoch, both]];
    }),
  );
const count = (epochs: Epochs): number => [...epochs.values()].reduce((sum, ranges) => sum + countValues(ranges), 0);

function newest(wanted: Epochs, window: number): Epochs {
  const out = new Map<number, RangeSet>();
  let left = window;
  let ranges = 0;
  for (const [epoch, all] of [...wanted].sort(([a], [b]) => b - a)) {
    const some = highestValues(all, left).slice(-Math.min(MAX_RANGES, MOST.ranges - ranges));
    if (some.length === 0) break;
    out.set(epoch, some);
    ranges += some.length;
    left -= countValues(some);
    if (left <= 0 || out.size >= MOST.epochs || ranges >= MOST.ranges) break;
  }
  return out;
}

export function createAsking(): Asking {
  let asked: Epochs = new Map();
  let parked: { readonly epochs: Epochs; readonly untilMs: number }[] = [];
  let askedCount = 0;
  let askedMs = -Infinity;
  let arrivedMs = -Infinity;
  let silences = 0;

  const patienceMs = (): number => Math.min(LONGEST_PATIENCE_MS, PATIENCE_MS * 2 ** silences);

  return {
    arrived: (nowMs) => {
      arrivedMs = nowMs;
      silences = 0;
    },
    isBusy: (wanted) => common(asked, wanted).size > 0,
    next: (wanted, window, replayLag, nowMs) => {
      const outstanding = common(asked, wanted);
      const isSilent = nowMs - Math.max(askedMs, arrivedMs) >= patienceMs() * (replayLag > 0 ? BUSY_PATIENCE : 1);
      parked = parked.filter(({ untilMs }) => untilMs > nowMs);
      if (outstanding.size > 0) {
        if (isSilent) {
          // Nothing came for long: the request or the batches were lost, or the agent is away.
          silences += 1;
          parked = [];
        } else {
          const renewing = count(outstanding) * RENEW_SHARE <= askedCount && without(wanted, asked).size > 0;
          const isAtAgent = replayLag * AT_AGENT < count(outstanding);
          if (!renewing && !(isAtAgent && nowMs - askedMs >= REPEAT_MS)) return new Map();
          if (renewing && replayLag > 0) parked = [...parked, { epochs: outstanding, untilMs: nowMs + PARKED_MS }];
        }
      }
      const free = parked.reduce((left, { epochs }) => without(left, epochs), wanted);
      asked = newest(free, window);
      askedCount = count(asked);
      if (askedCount > 0) askedMs = nowMs;
      return asked;
    },
  };
}
