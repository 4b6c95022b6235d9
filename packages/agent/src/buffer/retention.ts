/** Which days of the buffer to give up, and in which order. Pure. */
import { countValues, EMPTY_RANGES, missing, type RangeSet } from '@kaiku/protocol';

export const DAY_MS = 24 * 3600 * 1000;
/** A logger silent for this long no longer decides what "everybody has" means. */
export const KNOWN_LOGGER_MS = 7 * DAY_MS;

type EpochRanges = ReadonlyMap<number, RangeSet>;
type Loggers = ReadonlyMap<string, { readonly epochs: EpochRanges; readonly lastMs: number }>;

/** The most batches that any logger in use lacks of what a day holds; all of them when no logger is known. */
export function lackedBySomebody(held: EpochRanges, loggers: Loggers, nowMs: number): number {
  const known = [...loggers.values()].filter(({ lastMs }) => nowMs - lastMs < KNOWN_LOGGER_MS);
  const lacks = (acked: EpochRanges): number => {
    let sum = 0;
    for (const [epoch, ranges] of held) {
      const has = acked.get(epoch) ?? EMPTY_RANGES;
      for (const [from, to] of ranges) sum += countValues(missing(has, from, to));
    }
    return sum;
  };
  return known.length === 0 ? lacks(new Map()) : Math.max(...known.map(({ epochs }) => lacks(epochs)));
}

export interface DayUse {
  /** `2026-07-01`: sorts as time. */
  readonly day: string;
  readonly bytes: number;
  /** The most batches that any logger lacks of it. */
  readonly lacked: number;
  /** Every known logger has all of it. */
  readonly acknowledged: boolean;
  /** The day its age counts from: its own, or a later one on which it was written. */
  readonly agesFrom: string;
}

export interface DroppedDay extends DayUse {
  readonly reason: 'expired' | 'space';
}

export interface Bounds {
  readonly today: string;
  readonly oldestDay: string;
  /** Bytes the buffer may hold. */
  readonly maxBytes: number;
}

/**
 * Days past their age go; then, while there are too many bytes, the oldest day that every logger has, and
 * only when there is none the oldest of all. Today stays.
 */
export function daysToDrop(days: readonly DayUse[], bounds: Bounds): readonly DroppedDay[] {
  const sorted = days.toSorted((a, b) => (a.day < b.day ? -1 : 1));
  const rest = sorted.filter(({ agesFrom }) => agesFrom >= bounds.oldestDay);
  const dropped: DroppedDay[] = [];
  for (const each of sorted) if (each.agesFrom < bounds.oldestDay) dropped.push({ ...each, reason: 'expired' });
  let bytes = rest.reduce((sum, each) => sum + each.bytes, 0);
  while (bytes > bounds.maxBytes) {
    const candidates = rest.filter(({ day }) => day !== bounds.today);
    const victim = candidates.find(({ acknowledged }) => acknowledged) ?? candidates[0];
    if (victim === undefined) break;
    rest.splice(rest.indexOf(victim), 1);
    dropped.push({ ...victim, reason: 'space' });
    bytes -= victim.bytes;
  }
  return dropped;
}

/** UTC day of a time, the name of its file. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
