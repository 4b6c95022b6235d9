/**
 * Which hours' rollups are out of date, and which of them to recompute now. Fed with the sample times
 * of stored batches; late data marks an hour again. Pure: `nowMs` is passed in.
 *
 * An hour is due when it has been left in peace for QUIET_MS (the batches of a catching-up agent come
 * in runs) or has waited WAIT_MS. Hours that lie side by side are recomputed in one go. A past hour that is
 * dirtied again and again (many agents bringing one day, each at its own pace) waits longer each time, so that
 * a replay of a day recomputes each hour a few times, not once an agent.
 */
export const HOUR_MS = 3_600_000;

const QUIET_MS = 3000;
/** Live hours change all the time: so they are recomputed this often. */
const WAIT_MS = 30_000;
/** The longest that patience grows to; it begins anew when an hour was left in peace for CALM_MS. */
const LONGEST = { quietMs: 60_000, waitMs: 600_000 } as const;
const CALM_MS = 1_800_000;
const REMEMBERED_HOURS = 5000;
/** At most a day in one go: bounds the time and memory of one recomputation. */
const SLICE_HOURS = 24;

interface Dirty {
  readonly firstAtMs: number;
  lastAtMs: number;
  /** insertedMs of the oldest ledger row that made it dirty. */
  readonly sinceMs: number;
}

export interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
  readonly hours: readonly number[];
}

export interface DirtyHours {
  mark(firstMs: number, lastMs: number, insertedMs: number, nowMs: number): void;
  /**
   * The newest run of due hours, taken off the list; undefined when none is due.
   * @param fromMs hours before it are left for later
   */
  take(nowMs: number, fromMs?: number): Slice | undefined;
  /** Puts a slice back that could not be recomputed. */
  putBack(slice: Slice): void;
  /** The slice is done: it no longer holds the cursor back. */
  done(slice: Slice): void;
  /** insertedMs of the oldest ledger row not rolled up yet; undefined when all are. */
  oldestMs(): number | undefined;
  readonly size: number;
}

export function createDirtyHours(waitMs = WAIT_MS): DirtyHours {
  const waiting = new Map<number, Dirty>();
  const taken = new Map<number, Dirty>();

  /** How often a past hour was recomputed of late. */
  const often = new Map<number, { times: number; atMs: number }>();

  const recomputedOf = (hour: number, nowMs: number): number => {
    const known = often.get(hour);
    return known === undefined || nowMs - known.atMs > CALM_MS ? 0 : known.times;
  };
  const countRecomputed = (hour: number, nowMs: number): void => {
    if ((hour + 1) * HOUR_MS > nowMs) return;
    const times = recomputedOf(hour, nowMs) + 1;
    often.delete(hour);
    often.set(hour, { times, atMs: nowMs });
    for (const oldest of often.keys()) {
      if (often.size <= REMEMBERED_HOURS) break;
      often.delete(oldest);
    }
  };

  const mark = (firstMs: number, lastMs: number, insertedMs: number, nowMs: number): void => {
    for (let hour = Math.floor(firstMs / HOUR_MS); hour <= Math.floor(lastMs / HOUR_MS); hour += 1) {
      const dirty = waiting.get(hour);
      if (dirty === undefined) waiting.set(hour, { firstAtMs: nowMs, lastAtMs: nowMs, sinceMs: insertedMs });
      else dirty.lastAtMs = nowMs;
    }
  };
  const isDue = (hour: number, nowMs: number): boolean => {
    const dirty = waiting.get(hour);
    if (dirty === undefined) return false;
    // Again is nothing special: the last batches of a run are often late. More often than that is.
    const more = Math.max(0, recomputedOf(hour, nowMs) - 1);
    if (nowMs - dirty.firstAtMs >= Math.min(LONGEST.waitMs, waitMs * 2 ** more)) return true;
    // The hour that runs is never in peace for long: it waits its turn, the past goes when it is quiet.
    const quietMs = Math.min(LONGEST.quietMs, QUIET_MS * 2 ** more);
    return nowMs - dirty.lastAtMs >= quietMs && (hour + 1) * HOUR_MS <= nowMs;
  };

  return {
    mark,
    take: (nowMs, fromMs = -Infinity) => {
      const lowest = Math.floor(fromMs / HOUR_MS);
      let top: number | undefined;
      for (const hour of waiting.keys()) {
        if (hour >= lowest && (top === undefined || hour > top) && isDue(hour, nowMs)) top = hour;
      }
      if (top === undefined) return undefined;
      const hours: number[] = [];
      for (
        let hour = top;
        hour >= lowest && hours.length < SLICE_HOURS && waiting.has(hour) && (hour === top || isDue(hour, nowMs));
        hour -= 1
      ) {
        hours.push(hour);
      }
      for (const hour of hours) {
        const dirty = waiting.get(hour);
        if (dirty === undefined) continue;
        waiting.delete(hour);
        taken.set(hour, dirty);
        countRecomputed(hour, nowMs);
      }
      return { fromMs: (top - hours.length + 1) * HOUR_MS, toMs: (top + 1) * HOUR_MS, hours };
    },
    putBack: ({ hours }) => {
      for (const hour of hours) {
        const dirty = taken.get(hour);
        if (dirty === undefined) continue;
        taken.delete(hour);
        const newer = waiting.get(hour);
        waiting.set(hour, newer === undefined ? dirty : { ...dirty, lastAtMs: newer.lastAtMs });
      }
    },
    done: ({ hours }) => {
      for (const hour of hours) taken.delete(hour);
    },
    oldestMs: () => {
      let oldest: number | undefined;
      for (const { sinceMs } of [...waiting.values(), ...taken.values()]) {
        if (oldest === undefined || sinceMs < oldest) oldest = sinceMs;
      }
      return oldest;
    },
    get size() {
      return waiting.size + taken.size;
    },
  };
}
