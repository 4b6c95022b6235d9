/**
 * One UTC day of batches: `2026-07-01.db`. The envelopes in one table, what is asked without them (key, time of
 * sealing, hash) in another, so that an inventory or an audit reads no envelope. Written by the buffer with
 * synchronous=FULL, deleted by unlinking.
 *
 * Files of version 0.1 hold one table `batch` with both; they are read as they are, and written on in the new tables.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import { addAll, addRange, contentOf, EMPTY_RANGES, type RangeSet } from '@kaiku/protocol';
import type Database from 'better-sqlite3';
import { openDatabase, setSynchronous, type Db, type Synchronous } from './database.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS envelope (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS sealed (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sealed_ms INTEGER NOT NULL, sha256 BLOB NOT NULL, id INTEGER NOT NULL,
    PRIMARY KEY (epoch, seq)
  ) WITHOUT ROWID`;
/** Where keys and hashes stand: the table of this version, and the one of version 0.1. */
type KeyTable = 'sealed' | 'batch';

export interface BatchRow {
  readonly epoch: number;
  readonly seq: number;
  readonly sealedMs: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export interface BatchHash {
  readonly seq: number;
  readonly sealedMs: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `figures`: the envelope is whole, what stands beside it is not. */
export type DayRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'absent' | 'damaged' | 'figures' };

const BULK_COMMIT_BYTES = 32 * 1024 * 1024;

export class DayFile {
  readonly file: string;
  readonly #db: Db;
  readonly #tables: readonly KeyTable[];
  readonly #selects: readonly Database.Statement<[number, number], { sha256: Buffer; envelope: Buffer | null }>[];
  readonly #insert: (row: BatchRow) => void;
  #inBulk = false;
  #bulkBytes = 0;

  constructor(file: string, synchronous: Synchronous) {
    this.file = file;
    this.#db = openDatabase(file, synchronous);
    try {
      this.#db.exec(SCHEMA);
      this.#tables = this.#hasOldTable() ? ['sealed', 'batch'] : ['sealed'];
      this.#selects = this.#tables.map((table) =>
        this.#db.prepare(
          table === 'sealed'
            ? 'SELECT sha256, bytes AS envelope FROM sealed LEFT JOIN envelope USING (id) WHERE epoch = ? AND seq = ?'
            : 'SELECT sha256, envelope FROM batch WHERE epoch = ? AND seq = ?',
        ),
      );
      this.#insert = this.#inserter();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** @throws what the database throws; see `endDoubt` for when it is not known whether the row is there */
  insert(row: BatchRow): void {
    this.#insert(row);
    if (!this.#inBulk) return;
    this.#bulkBytes += row.bytes.length;
    if (this.#bulkBytes > BULK_COMMIT_BYTES) {
      this.#db.exec('COMMIT; BEGIN');
      this.#bulkBytes = 0;
    }
  }

  #hasOldTable(): boolean {
    return this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'batch'").pluck().get() !== undefined;
  }

  #inserter(): (row: BatchRow) => void {
    const addEnvelope = this.#db.prepare<[Uint8Array]>('INSERT INTO envelope (bytes) VALUES (?)');
    const addKey = this.#db.prepare<[number, number, number, Buffer, number | bigint]>(
      'INSERT INTO sealed VALUES (?, ?, ?, ?, ?)',
    );
    return this.#db.transaction(({ epoch, seq, sealedMs, sha256, bytes }: BatchRow) => {
      const { lastInsertRowid } = addEnvelope.run(bytes);
      addKey.run(epoch, seq, sealedMs, Buffer.from(sha256, 'hex'), lastInsertRowid);
    });
  }

  /** Many inserts a transaction, no fsync until `endBulk`. */
  beginBulk(): void {
    if (this.#inBulk) return;
    setSynchronous(this.#db, 'NORMAL');
    this.#db.exec('BEGIN');
    this.#inBulk = true;
  }

  /** Commits, writes everything to the disk and goes back to FULL. */
  endBulk(): void {
    if (!this.#inBulk) return;
    this.#db.exec('COMMIT');
    this.#inBulk = false;
    setSynchronous(this.#db, 'FULL');
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
  }

  read(epoch: number, seq: number): DayRead {
    for (const select of this.#selects) {
      const row = select.get(epoch, seq);
      if (row === undefined) continue;
      const { envelope, sha256 } = row;
      if (envelope === null) return { ok: false, reason: 'figures' };
      // The hash stands twice, beside the envelope and in it: damage to either shows.
      const content = contentOf(envelope);
      if (!content.ok) return { ok: false, reason: 'damaged' };
      return content.digest.equals(sha256) ? { ok: true, bytes: envelope } : { ok: false, reason: 'figures' };
    }
    return { ok: false, reason: 'absent' };
  }

  /** Sequence numbers present, by epoch. Reads no envelope. */
  ranges(): Map<number, RangeSet> {
    const out = new Map<number, RangeSet>();
    for (const table of this.#tables) {
      const epochs = this.#db
        .prepare<[], { epoch: number; low: number; high: number; count: number }>(
          `SELECT epoch, min(seq) AS low, max(seq) AS high, count(*) AS count FROM ${table} GROUP BY epoch`,
        )
        .all();
      for (const { epoch, low, high, count } of epochs) {
        const set: RangeSet = count === high - low + 1 ? [[low, high]] : this.#seqs(table, epoch);
        out.set(epoch, addAll(out.get(epoch) ?? EMPTY_RANGES, set));
      }
    }
    return out;
  }

  #seqs(table: KeyTable, epoch: number): RangeSet {
    let set: RangeSet = EMPTY_RANGES;
    const seqs = this.#db.prepare<[number], number>(`SELECT seq FROM ${table} WHERE epoch = ? ORDER BY seq`).pluck();
    for (const seq of seqs.iterate(epoch)) set = addRange(set, seq);
    return set;
  }

  /** Keys and hashes of the batches of an epoch sealed in [fromMs, toMs). Reads no envelope. */
  hashes(epoch: number, fromMs: number, toMs: number): readonly BatchHash[] {
    return this.#tables.flatMap((table) =>
      this.#db
        .prepare<[number, number, number], BatchHash>(
          `SELECT seq, sealed_ms AS sealedMs, lower(hex(sha256)) AS sha256 FROM ${table}
           WHERE epoch = ? AND sealed_ms >= ? AND sealed_ms < ? ORDER BY seq`,
        )
        .all(epoch, fromMs, toMs),
    );
  }

  /** Takes a key out, so that it is not found again. Its bytes stay until the day goes. */
  forget(epoch: number, seq: number): void {
    for (const table of this.#tables) {
      this.#db.prepare(`DELETE FROM ${table} WHERE epoch = ? AND seq = ?`).run(epoch, seq);
    }
  }

  /** Walks the whole file; false when it is damaged. */
  sound(): boolean {
    return this.#db.pragma('quick_check(1)', { simple: true }) === 'ok';
  }

  close(): void {
    if (this.#inBulk) this.endBulk();
    this.#db.close();
  }
}

const COMPANIONS = ['', '-wal', '-shm'] as const;

/** Bytes on disk of a day with its companions. */
export function dayBytes(file: string): number {
  return COMPANIONS.reduce((sum, suffix) => {
    const part = `${file}${suffix}`;
    return existsSync(part) ? sum + statSync(part).size : sum;
  }, 0);
}

export function removeDay(file: string): void {
  for (const suffix of COMPANIONS) rmSync(`${file}${suffix}`, { force: true });
}
