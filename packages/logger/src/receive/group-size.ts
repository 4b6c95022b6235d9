/**
 * How much backlog or replay goes into one group: as much as the store takes in about TARGET_MS, because
 * a live batch may have to wait for one such group. Large, because what an insert costs is the insert and not its
 * rows: sorted and written once in a large part they cost a third of what they cost in small ones, which are merged
 * again and again. A store that complains of too many parts gets larger groups whatever they take. Never below what
 * is configured: a busy store that gets many small groups only becomes slower. Pure.
 *
 * ```
 *  slow commit ─▶ smaller      quick commit of a full group ─▶ larger      too many parts ─▶ twice as large
 * ```
 */
export interface GroupLimits {
  /** The least. */
  readonly groupBatches: number;
  readonly groupBytes: number;
}

export interface GroupSize {
  readonly batches: number;
  readonly bytes: number;
  /** Beyond this a larger insert gains nothing: the store cuts it into parts of a million. */
  readonly rows: number;
}

const TARGET_MS = 1000;
/** The first groups are this many times the least: a fifth of a second where nothing else runs. */
const FIRST_TIMES = 4;
const ROWS = 1_000_000;
/** Room for growth: bounds memory. */
const MOST = { batches: 8192, bytes: 32 * 1024 * 1024 } as const;
/** One slow commit may be the machine's hiccup. */
const LEAST_SHRINK = 0.7;
/** How long after a complaint groups are not made smaller. */
const CROWDED_MS = 60_000;

export interface GroupSizing {
  readonly size: () => GroupSize;
  learn(commit: { batches: number; bytes: number; rows: number; tookMs: number }, nowMs: number): void;
  crowded(nowMs: number): void;
}

export function createGroupSizing({ groupBatches, groupBytes }: GroupLimits): GroupSizing {
  let factor = FIRST_TIMES;
  let crowdedMs = -Infinity;
  const most = Math.max(1, MOST.batches / groupBatches);
  const set = (next: number): void => {
    factor = Math.min(most, Math.max(1, next));
  };
  const size = (): GroupSize => ({
    batches: Math.max(1, Math.round(groupBatches * factor)),
    bytes: Math.max(64 * 1024, Math.min(Math.round(groupBytes * factor), Math.max(groupBytes, MOST.bytes))),
    rows: ROWS,
  });
  return {
    size,
    learn: ({ batches, bytes, rows, tookMs }, nowMs) => {
      const now = size();
      const share = Math.max(batches / now.batches, bytes / now.bytes, rows / now.rows);
      if (tookMs > TARGET_MS) {
        // A small group that took long says that the store is slow, not that the group was too large.
        if (share < 0.5 || nowMs - crowdedMs <= CROWDED_MS) return;
        // Closed by its rows it was smaller than allowed: from what was sent.
        const sent = Math.max(batches / groupBatches, bytes / groupBytes, 1);
        set(Math.min(factor, sent) * Math.max(LEAST_SHRINK, TARGET_MS / tookMs));
      } else if (share >= 1 && tookMs < TARGET_MS / 2) set(factor * 2);
    },
    crowded: (nowMs) => {
      crowdedMs = nowMs;
      set(factor * 2);
    },
  };
}
