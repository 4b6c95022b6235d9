/**
 * How much of a range each store holds, by the ledger: batches by hour of sample time since yesterday's midnight,
 * asked for every few seconds, and by day before it, asked for now and then. Feeds the pool's order of stores.
 */
import { HOUR_MS } from '@kaiku/protocol';
import type { Store } from '../api.ts';

const DAY_MS = 24 * HOUR_MS;
/** Counting days reads one column of the whole ledger. */
const DAYS_EVERY_MS = 600_000;
/** What a reader without a range is compared by. */
const RECENT_MS = 6 * HOUR_MS;

export interface TimeRange {
  readonly fromMs?: number;
  readonly toMs?: number;
}

export class Coverage {
  #hours: ReadonlyMap<number, number> = new Map();
  #days: ReadonlyMap<number, number> = new Map();
  #daysAskedMs = Number.NEGATIVE_INFINITY;

  /** Asks the store. @throws StoreError */
  async refresh(store: Store, nowMs: number): Promise<void> {
    const from = splitMs(nowMs);
    this.#hours = await countBy(store, HOUR_MS, `last >= fromUnixTimestamp64Milli(${from}, 'UTC')`);
    if (nowMs - this.#daysAskedMs < DAYS_EVERY_MS) return;
    this.#daysAskedMs = nowMs;
    this.#days = await countBy(store, DAY_MS, `last < fromUnixTimestamp64Milli(${from}, 'UTC')`);
  }

  /** Nothing is known: a store that is new, emptied, or does not answer. */
  clear(): void {
    this.#hours = new Map();
    this.#days = new Map();
    this.#daysAskedMs = Number.NEGATIVE_INFINITY;
  }

  /** Batches whose newest sample lies in the range, in whole hours and days; without a range, of the last hours. */
  batches({ fromMs, toMs }: TimeRange, nowMs: number): number {
    const to = toMs ?? Number.POSITIVE_INFINITY;
    const from = fromMs ?? (toMs === undefined ? nowMs - RECENT_MS : 0);
    return countIn(this.#hours, HOUR_MS, from, to) + countIn(this.#days, DAY_MS, from, to);
  }
}

/** Midnight (UTC) of yesterday. */
const splitMs = (nowMs: number): number => (Math.floor(nowMs / DAY_MS) - 1) * DAY_MS;

function countIn(counts: ReadonlyMap<number, number>, widthMs: number, fromMs: number, toMs: number): number {
  let sum = 0;
  for (const [slot, batches] of counts) {
    if (slot * widthMs < toMs && (slot + 1) * widthMs > fromMs) sum += batches;
  }
  return sum;
}

async function countBy(store: Store, widthMs: number, where: string): Promise<ReadonlyMap<number, number>> {
  const rows = await store.query(
    `SELECT intDiv(toUnixTimestamp64Milli(last), ${widthMs}) AS slot, count() AS batches FROM ledger
     WHERE ${where} GROUP BY slot`,
  );
  return new Map(rows.map(({ slot, batches }) => [Number(slot), Number(batches)]));
}
