/**
 * The part of `state.db` that remembers days: what each held when its file was last closed, so that 90 of them
 * need not be opened at a start; and when each was last written to, in trusted time.
 */
import type { RangeSet } from '@kaiku/protocol';
import type { Db } from './database.ts';
import { parseRanges } from './ranges-text.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS day (
    day TEXT NOT NULL, stamp TEXT NOT NULL, epoch INTEGER NOT NULL, ranges TEXT NOT NULL, PRIMARY KEY (day, epoch)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS written (day TEXT PRIMARY KEY, trusted_ms INTEGER NOT NULL) WITHOUT ROWID`;

export class DayTable {
  readonly #db: Db;
  readonly #written = new Map<string, number>();

  constructor(db: Db) {
    this.#db = db;
    db.exec(SCHEMA);
    const rows = db.prepare<[], { day: string; trusted_ms: number }>('SELECT * FROM written').all();
    for (const { day, trusted_ms: trustedMs } of rows) this.#written.set(day, trustedMs);
  }

  /** What a day held when its file had this stamp; undefined when that is not known. */
  get(day: string, stamp: string | undefined): ReadonlyMap<number, RangeSet> | undefined {
    if (stamp === undefined) return undefined;
    const rows = this.#db
      .prepare<[string, string], { epoch: number; ranges: string }>(
        'SELECT epoch, ranges FROM day WHERE day = ? AND stamp = ?',
      )
      .all(day, stamp);
    return rows.length === 0 ? undefined : new Map(rows.map(({ epoch, ranges }) => [epoch, parseRanges(ranges)]));
  }

  set(day: string, stamp: string | undefined, epochs: ReadonlyMap<number, RangeSet>): void {
    if (stamp === undefined) return;
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM day WHERE day = ?').run(day);
      const add = this.#db.prepare<[string, string, number, string]>('INSERT INTO day VALUES (?, ?, ?, ?)');
      for (const [epoch, ranges] of epochs) add.run(day, stamp, epoch, JSON.stringify(ranges));
    })();
  }

  /** When a day was last written to; undefined when only history went there. */
  writtenMs(day: string): number | undefined {
    return this.#written.get(day);
  }

  /** Notes that a day is written to; exact to the hour. */
  written(day: string, trustedMs: number): void {
    if (trustedMs - (this.#written.get(day) ?? -Infinity) < WRITTEN_STEP_MS) return;
    this.#written.set(day, trustedMs);
    this.#db.prepare('INSERT OR REPLACE INTO written VALUES (?, ?)').run(day, Math.floor(trustedMs));
  }

  forget(day: string): void {
    this.#written.delete(day);
    this.#db.prepare('DELETE FROM written WHERE day = ?').run(day);
    this.#db.prepare('DELETE FROM day WHERE day = ?').run(day);
  }
}

const WRITTEN_STEP_MS = 3600_000;
