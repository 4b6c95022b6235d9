/**
 * How far the windows of one partition are, and which are to be worked on next. Windows are counted from 1970 in
 * whole `WINDOW_MS`. Mutable, no clock, no I/O.
 *
 * ```
 *  … final │ final │ dirty │ final │ provisional │ open
 *                     ▲ late data        ▲ watermark not past its end + lateness
 * ```
 */
import { addRange, EMPTY_RANGES, missing, type RangeSet } from '@kaiku/protocol';
import { WINDOW_MS } from './window-rows.ts';

/** A run of windows, inclusive, with what its rows will be. */
export interface Task {
  readonly from: number;
  readonly to: number;
  readonly final: boolean;
}

/** After its end a window is computed for the first time: what was sampled in it has mostly arrived. */
const SETTLE_MS = 6000;
/** The watermark must pass a window's end by this much before the window is final. */
const LATENESS_MS = 60_000;
/** A watermark that stands still (every agent silent) holds a window up no longer than this. */
const PATIENCE_MS = 600_000;
export const windowOf = (tsMs: number): number => Math.floor(tsMs / WINDOW_MS);

export class WindowProgress {
  #finalTo: number;
  #provisionalTo: number;
  #dirty: RangeSet = EMPTY_RANGES;
  readonly #revisions = new Map<number, number>();

  readonly #perTask: number;
  readonly #marginMs: number;

  /**
   * @param finalTo last window not to be looked at again unless it is dirty
   * @param perTask most windows of one task
   * @param marginMs how far around it a sample counts
   */
  constructor(finalTo: number, perTask: number, marginMs: number) {
    this.#perTask = perTask;
    this.#marginMs = marginMs;
    this.#finalTo = finalTo;
    this.#provisionalTo = finalTo;
  }

  get dirty(): RangeSet {
    return this.#dirty;
  }

  /** Data came for these windows, or they were never computed. Only what counts as done can become dirty. */
  markDirty(from: number, to: number): void {
    const last = Math.min(to, this.#finalTo);
    if (from <= last) this.#dirty = addRange(this.#dirty, from, last);
  }

  /**
   * A batch came with samples of this time. What is late also tells how long its neighbours hold: the windows around
   * it are looked at again. What is live does not: it would reopen the last windows with every batch.
   */
  markArrival(firstMs: number, lastMs: number): void {
    const around = windowOf(lastMs) <= this.#finalTo ? this.#marginMs : 0;
    this.markDirty(windowOf(firstMs - around), windowOf(lastMs + around));
  }

  /** What is due now: the newest windows first, then dirty ones, newest first. */
  due(nowMs: number, watermarkMs: number): Task | undefined {
    const closed = windowOf(nowMs - SETTLE_MS) - 1;
    const settled = Math.max(windowOf(Math.min(watermarkMs, nowMs) - LATENESS_MS), windowOf(nowMs - PATIENCE_MS)) - 1;
    const final = Math.min(settled, closed);
    if (final > this.#finalTo) {
      return { from: Math.max(this.#finalTo + 1, final - this.#perTask + 1), to: final, final: true };
    }
    if (closed > this.#provisionalTo) {
      return { from: Math.max(this.#provisionalTo + 1, closed - this.#perTask + 1), to: closed, final: false };
    }
    const newest = this.#dirty.at(-1);
    if (newest === undefined) return undefined;
    return { from: Math.max(newest[0], newest[1] - this.#perTask + 1), to: newest[1], final: true };
  }

  /** The task's rows are on their way. */
  done({ from, to, final }: Task): void {
    this.#dirty = subtract(this.#dirty, from, to);
    if (final && to > this.#finalTo) {
      const skippedFrom = this.#finalTo + 1;
      this.#finalTo = to;
      // A long sleep: what lies before the task is still to be done.
      if (skippedFrom < from) this.markDirty(skippedFrom, from - 1);
    }
    this.#provisionalTo = Math.max(this.#provisionalTo, to);
  }

  /** Revision of a window's rows within the lease: rises each time they are written. */
  nextRevision(window: number): number {
    const revision = Math.min((this.#revisions.get(window) ?? -1) + 1, 0xffff);
    this.#revisions.set(window, revision);
    return revision;
  }
}

function subtract(set: RangeSet, from: number, to: number): RangeSet {
  const last = set.at(-1)?.[1];
  const first = set[0]?.[0];
  if (first === undefined || last === undefined) return set;
  // The holes of the holes are the set; adding the range to the holes takes it out.
  return missing(addRange(missing(set, first, last), from, to), first, last);
}
