/**
 * Keeps the store's 5-minute and 1-hour rollups true to its raw data: hours touched by stored batches
 * are recomputed as a whole, newest first, at most a day in one go, one call after another.
 *
 * Nothing is ever incremented, so repeating a call or losing one changes nothing. A cursor in the
 * store names the ledger row up to which all is rolled up; a restart marks what came after it.
 * Rests after each call for a multiple of its duration, so that refining takes a bounded share of
 * the engine, however slow that is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { repeat, type Log, type Metrics, type RepeatedPart } from '@kaiku/core';
import type { LoggerStore } from '../logger-store.ts';
import { createDirtyHours, HOUR_MS, type DirtyHours, type Slice } from './dirty-hours.ts';

const LOOK_EVERY_MS = 1000;
/** Share of time: a call of 1 s is followed by 0.5 s of rest. */
const REST_SHARE = 0.5;
const LONGEST_REST_MS = 5000;
const CURSOR_EVERY_MS = 10_000;
/**
 * While a flood of backlog or replay comes in, the store's time is the raw data's: only the running hour and the one
 * before are recomputed. After FLOOD_WAIT_MS of it the others get their turn too, for a tenth of the time.
 */
const FLOOD_MS = 3000;
const FLOOD_WAIT_MS = 120_000;
const FLOOD_REST_SHARE = 9;
/** After a failure the store is left alone for a while. */
const RETRY_MS = 5000;
/** Rows read at a time when a restart looks for what was not rolled up. */
const PAGE_ROWS = 20_000;

export interface Refiner {
  readonly part: RepeatedPart;
  /** Sample times that are new in the store. */
  mark(firstMs: number, lastMs: number, insertedMs: number): void;
  /** A large group of backlog or replay goes into the store. */
  flood(): void;
  /** Marks everything recorded since the store's cursor; to be called once, before `part` starts. */
  resume(): Promise<number>;
}

export interface RefinerOptions {
  readonly store: LoggerStore;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly dirty?: DirtyHours;
  readonly retryMs?: number;
  /** How long a flood is taken to last after its last group. */
  readonly floodMs?: number;
}

export function createRefiner({
  store,
  metrics,
  log,
  dirty = createDirtyHours(),
  retryMs = RETRY_MS,
  floodMs = FLOOD_MS,
}: RefinerOptions): Refiner {
  let revision = 0;
  let newestInsertedMs = 0;
  let cursor = 0;
  let cursorAtMs = -Infinity;
  let troubled = false;
  let restUntilMs = 0;
  let floodAtMs = -Infinity;
  /** Since when the past waits for a flood to end. */
  let floodedSinceMs = -Infinity;
  metrics.add('rollupHours', 0);

  const nextRevision = (): number => {
    revision = Math.max(revision + 1, Date.now());
    return revision;
  };
  const saveCursor = async (): Promise<void> => {
    const nowMs = performance.now();
    const next = dirty.oldestMs() ?? newestInsertedMs;
    if (next <= cursor || nowMs - cursorAtMs < CURSOR_EVERY_MS) return;
    await store.refine.setCursor(next);
    cursor = next;
    cursorAtMs = nowMs;
  };
  const isFlooded = (): boolean => performance.now() - floodAtMs < floodMs;
  const takeSlice = (): Slice | undefined => {
    const nowMs = Date.now();
    const newest = dirty.take(nowMs, nowMs - HOUR_MS);
    if (newest !== undefined) return newest;
    if (isFlooded() && performance.now() - floodedSinceMs < FLOOD_WAIT_MS) return undefined;
    return dirty.take(nowMs);
  };
  const recompute = async (slice: Slice): Promise<void> => {
    const startedMs = performance.now();
    try {
      await store.refine.rollup(slice.fromMs, slice.toMs, nextRevision());
    } catch (error) {
      dirty.putBack(slice);
      throw error;
    }
    dirty.done(slice);
    const tookMs = performance.now() - startedMs;
    metrics.add('rollupHours', slice.hours.length);
    metrics.set('rollupMs', tookMs);
    const rest = isFlooded() ? FLOOD_REST_SHARE : REST_SHARE;
    await sleep(Math.min(tookMs * rest, LONGEST_REST_MS));
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    if (performance.now() < restUntilMs) return;
    try {
      for (let slice = takeSlice(); slice !== undefined; slice = takeSlice()) {
        await recompute(slice);
        if (signal.aborted) break;
      }
      await saveCursor();
      if (troubled) log.info('rollups go on');
      troubled = false;
    } catch (error) {
      if (!troubled) log.warn({ err: error }, 'rollups wait for the store');
      troubled = true;
      restUntilMs = performance.now() + retryMs;
    }
    metrics.set('dirtyHours', dirty.size);
  };

  return {
    part: repeat({ name: 'refiner', everyMs: LOOK_EVERY_MS, log, run }),
    mark: (firstMs, lastMs, insertedMs) => {
      newestInsertedMs = Math.max(newestInsertedMs, insertedMs);
      dirty.mark(firstMs, lastMs, insertedMs, Date.now());
    },
    flood: () => {
      if (!isFlooded()) floodedSinceMs = performance.now();
      floodAtMs = performance.now();
    },
    resume: async () => {
      cursor = await store.refine.cursor();
      revision = cursor;
      let from = cursor;
      for (;;) {
        const rows = await store.ledger.since(from, PAGE_ROWS);
        const nowMs = Date.now();
        for (const row of rows) dirty.mark(row.firstMs, row.lastMs, row.insertedMs, nowMs);
        const last = rows.at(-1);
        if (last !== undefined) newestInsertedMs = Math.max(newestInsertedMs, last.insertedMs);
        if (last === undefined || rows.length < PAGE_ROWS) break;
        // The rows of one insertion share their time: ask for it again, unless it alone fills a page.
        from = last.insertedMs > from ? last.insertedMs : from + 1;
      }
      return Math.max(cursor, newestInsertedMs);
    },
  };
}
