/**
 * How much backlog or replay goes into one group: as much as the store takes in about TARGET_MS, because
 * a live batch may have to wait for one such group. A store that complains of too many parts gets larger
 * groups whatever they take. Never below where it began: the cost of a small insert is the insert, and a busy
 * store that gets many small ones only becomes slower. Pure.
 *
 * ```
 *  slow commit ─▶ smaller      quick commit of a full group ─▶ larger      too many parts ─▶ twice as large
 * ```
 */
export interface GroupLimits {
  /** Where the sizes begin. */
  readonly groupBatches: number;
  readonly groupBytes: number;
}

export interface GroupSize {
  readonly batches: number;
  readonly bytes: number;
}

const TARGET_MS = 500;
/** Room for growth: bounds memory. */
const MOST = { times: 16, batches: 1024, bytes: 32 * 1024 * 1024 } as const;
/** How long after a complaint groups are not made smaller. */
const CROWDED_MS = 60_000;

export interface GroupSizing {
  readonly size: () => GroupSize;
  learn(commit: { batches: number; bytes: number; tookMs: number }, nowMs: number): void;
  crowded(nowMs: number): void;
}

export function createGroupSizing({ groupBatches, groupBytes }: GroupLimits): GroupSizing {
  let factor = 1;
  let crowdedMs = -Infinity;
  const most = Math.max(1, Math.min(MOST.times, MOST.batches / groupBatches, MOST.bytes / groupBytes));
  const set = (next: number): void => {
    factor = Math.min(most, Math.max(1, next));
  };
  const size = (): GroupSize => ({
    batches: Math.max(1, Math.round(groupBatches * factor)),
    bytes: Math.max(64 * 1024, Math.round(groupBytes * factor)),
  });
  return {
    size,
    learn: ({ batches, bytes, tookMs }, nowMs) => {
      const now = size();
      const full = batches >= now.batches || bytes >= now.bytes;
      if (tookMs > TARGET_MS && nowMs - crowdedMs > CROWDED_MS) set(factor * Math.max(0.5, TARGET_MS / tookMs));
      else if (full && tookMs < TARGET_MS / 2) set(factor * 1.5);
    },
    crowded: (nowMs) => {
      crowdedMs = nowMs;
      set(factor * 2);
    },
  };
}
