/**
 * The part of `state.db` that remembers every epoch: the highest sequence number it ever used, whether it was
 * contested, and what of it is lost and why. Kept when the batches themselves are gone, so that a logger can be
 * told the reason of each number it lacks.
 */
import { addAll, EMPTY_RANGES, highest, type LossReason, type RangeSet } from '@kaiku/protocol';
import type { Db } from './database.ts';
import { parseRanges } from './ranges-text.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS lost (
    at_ms INTEGER NOT NULL, day TEXT NOT NULL, reason TEXT NOT NULL, epoch INTEGER NOT NULL, ranges TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS epoch (epoch INTEGER PRIMARY KEY, high INTEGER NOT NULL, contested INTEGER NOT NULL)`;
/** Rows of `lost` are merged at a start when there are more. */
const MOST_LOSS_ROWS = 500;

/** Something of the buffer that is gone. `day` is empty when it is not known. */
export interface Loss {
  readonly atMs: number;
  readonly day: string;
  readonly reason: LossReason;
  readonly epoch: number;
  readonly ranges: RangeSet;
}

export interface EpochFacts {
  /** Highest sequence number ever used; of the epoch in use the buffer knows better. */
  high: number;
  contested: boolean;
  readonly lost: Map<LossReason, RangeSet>;
  /** When the last loss was recorded, ms since 1970. */
  lastLossMs: number;
}

interface LossRow {
  readonly at_ms: number;
  readonly day: string;
  readonly reason: LossReason;
  readonly epoch: number;
  readonly ranges: string;
}

export class EpochTable {
  readonly known = new Map<number, EpochFacts>();
  /** state.db was written by a version that did not keep this table. */
  readonly fresh: boolean;
  readonly #db: Db;
  /** Known here, not yet on the disk. */
  readonly #pending: Loss[] = [];

  constructor(db: Db) {
    this.#db = db;
    this.fresh =
      db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'epoch'").pluck().get() === undefined;
    db.exec(SCHEMA);
    const rows = db
      .prepare<[], { epoch: number; high: number; contested: number }>('SELECT epoch, high, contested FROM epoch')
      .all();
    for (const { epoch, high, contested } of rows)
      Object.assign(this.#facts(epoch), { high, contested: contested === 1 });
    const losses = this.losses();
    for (const loss of losses) this.#note(loss);
    if (losses.length > MOST_LOSS_ROWS) this.#compact();
  }

  /** Remembers an epoch; its highest number never falls. */
  note(epoch: number, high: number, contested = this.known.get(epoch)?.contested ?? false): void {
    const known = this.known.get(epoch);
    if (known !== undefined && known.high >= high && known.contested === contested) return;
    const facts = this.#facts(epoch);
    facts.high = Math.max(facts.high, high);
    facts.contested = contested;
    this.save(epoch);
  }

  /** Writes what is known of an epoch. */
  save(epoch: number): void {
    const { high, contested } = this.#facts(epoch);
    this.#db.prepare('INSERT OR REPLACE INTO epoch VALUES (?, ?, ?)').run(epoch, high, contested ? 1 : 0);
  }

  /** Records a loss. What was already lost for another reason keeps that. @throws when the disk refuses; see `flush` */
  lose(loss: Loss): void {
    this.#note(loss);
    this.#pending.push(loss);
    this.flush();
  }

  /** Writes the losses that the disk refused before. */
  flush(): void {
    for (let loss = this.#pending[0]; loss !== undefined; loss = this.#pending[0]) {
      this.#insert(loss);
      this.#pending.shift();
    }
  }

  losses(): readonly Loss[] {
    return this.#db
      .prepare<[], LossRow>('SELECT * FROM lost ORDER BY at_ms')
      .all()
      .map(({ at_ms: atMs, day, reason, epoch, ranges }) => ({
        atMs,
        day,
        reason,
        epoch,
        ranges: parseRanges(ranges),
      }));
  }

  forget(epoch: number): void {
    this.known.delete(epoch);
    this.#db.prepare('DELETE FROM epoch WHERE epoch = ?').run(epoch);
    this.#db.prepare('DELETE FROM lost WHERE epoch = ?').run(epoch);
  }

  #facts(epoch: number): EpochFacts {
    let facts = this.known.get(epoch);
    if (facts === undefined) {
      facts = { high: 0, contested: false, lost: new Map<LossReason, RangeSet>(), lastLossMs: 0 };
      this.known.set(epoch, facts);
    }
    return facts;
  }

  #note({ epoch, reason, ranges, atMs }: Loss): void {
    const facts = this.#facts(epoch);
    facts.lost.set(reason, addAll(facts.lost.get(reason) ?? EMPTY_RANGES, ranges));
    facts.lastLossMs = Math.max(facts.lastLossMs, atMs);
    facts.high = Math.max(facts.high, highest(ranges));
  }

  #insert({ atMs, day, reason, epoch, ranges }: Loss): void {
    this.#db.prepare('INSERT INTO lost VALUES (?, ?, ?, ?, ?)').run(atMs, day, reason, epoch, JSON.stringify(ranges));
  }

  #compact(): void {
    this.#db.transaction(() => {
      this.#db.exec('DELETE FROM lost');
      for (const [epoch, { lost, lastLossMs: atMs }] of this.known) {
        for (const [reason, ranges] of lost) this.#insert({ atMs, day: '', reason, epoch, ranges });
      }
    })();
  }
}
