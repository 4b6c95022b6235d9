/**
 * Data that came, whatever its age: follows the ledger of the store that is read, each store by its own cursor (its
 * logger's clock). Feeds the windows: those it touches are computed again. Never pages.
 */
import type { StoredLedgerRow } from '@kaiku/store';
import type { StoreReader } from './store-reader.ts';

export interface Arrival {
  readonly agent: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Rows of one insertion become visible a little later than their time says. */
const BEHIND_MS = 10_000;
const ROWS_PER_READ = 5000;
/** A store never read before is followed from this long ago at most: the windows' own gaps tell the rest. */
const FIRST_LOOK_MS = 6 * 3600_000;

interface Cursor {
  atMs: number;
  /** Keys read within BEHIND_MS of the cursor, by their time. */
  readonly seen: Map<string, number>;
}

export class LateData {
  readonly #pool: StoreReader;
  readonly #cursors = new Map<string, Cursor>();
  #startMs = Infinity;

  constructor(pool: StoreReader) {
    this.#pool = pool;
  }

  /** Somebody needs to know what came since `sinceMs`: cursors beyond it go back. */
  rewind(sinceMs: number): void {
    this.#startMs = Math.min(this.#startMs, sinceMs);
    for (const cursor of this.#cursors.values()) {
      if (cursor.atMs <= sinceMs) continue;
      cursor.atMs = sinceMs;
      cursor.seen.clear();
    }
  }

  /** What came since the last call, at most a page; `more` when there is another. @throws StoreError */
  async next(nowMs: number): Promise<{ readonly arrivals: readonly Arrival[]; readonly more: boolean }> {
    const { name, fromMs, rows } = await this.#pool.read(async (store) => {
      const known = this.#cursors.get(store.name);
      const from = known === undefined ? this.#firstMs(nowMs) : known.atMs - BEHIND_MS;
      return { name: store.name, fromMs: from, rows: await store.ledger.since(from, ROWS_PER_READ) };
    });
    let cursor = this.#cursors.get(name);
    if (cursor === undefined) {
      cursor = { atMs: fromMs, seen: new Map() };
      this.#cursors.set(name, cursor);
    }
    const arrivals = take(cursor, rows);
    const more = rows.length >= ROWS_PER_READ;
    // A page full of one moment: step over it rather than read it for ever.
    if (more && arrivals.length === 0) cursor.atMs += BEHIND_MS + 1;
    return { arrivals, more };
  }

  #firstMs(nowMs: number): number {
    return Math.max(Math.min(this.#startMs, nowMs - BEHIND_MS), nowMs - FIRST_LOOK_MS);
  }
}

function take(cursor: Cursor, rows: readonly StoredLedgerRow[]): Arrival[] {
  const out: Arrival[] = [];
  for (const { agent, epoch, seq, firstMs, lastMs, insertedMs } of rows) {
    const key = `${agent} ${epoch} ${seq}`;
    if (cursor.seen.has(key)) continue;
    cursor.seen.set(key, insertedMs);
    cursor.atMs = Math.max(cursor.atMs, insertedMs);
    out.push({ agent, firstMs, lastMs });
  }
  for (const [key, insertedMs] of cursor.seen) {
    if (insertedMs < cursor.atMs - BEHIND_MS) cursor.seen.delete(key);
  }
  return out;
}
