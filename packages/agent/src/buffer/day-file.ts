/**
 * One UTC day of batches: `2026-07-01.db`, a row a batch, the envelope as a blob behind its figures so that
 * those are read without it. Written by the buffer with synchronous=FULL, deleted by unlinking.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { addRange, EMPTY_RANGES, type RangeSet } from '@kaiku/protocol';
import type Database from 'better-sqlite3';
import { openDatabase, setSynchronous, type Db, type Synchronous } from './database.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS batch (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    sealed_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    size INTEGER NOT NULL, sha256 BLOB NOT NULL, envelope BLOB NOT NULL,
    UNIQUE (epoch, seq)
  )`;

export interface BatchRow {
  readonly epoch: number;
  readonly seq: number;
  readonly sealedMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
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

export type DayRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'absent' | 'damaged' };

const HASH_AT = 4;
const HASHED_FROM = 36;
const HASH_BYTES = 32;

export class DayFile {
  readonly file: string;
  readonly #db: Db;
  readonly #insert: Database.Statement<[number, number, number, number, number, number, Buffer, Uint8Array]>;
  readonly #select: Database.Statement<[number, number], { sha256: Buffer; envelope: Buffer }>;
  #inBulk = false;
  #bulkBytes = 0;

  constructor(file: string, synchronous: Synchronous) {
    this.file = file;
    this.#db = openDatabase(file, synchronous);
    this.#db.exec(SCHEMA);
    this.#insert = this.#db.prepare('INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#select = this.#db.prepare('SELECT sha256, envelope FROM batch WHERE epoch = ? AND seq = ?');
  }

  insert(row: BatchRow): void {
    this.#insert.run(
      row.epoch,
      row.seq,
      row.sealedMs,
      row.firstMs,
      row.lastMs,
      row.bytes.length,
      Buffer.from(row.sha256, 'hex'),
      row.bytes,
    );
    if (!this.#inBulk) return;
    this.#bulkBytes += row.bytes.length;
    if (this.#bulkBytes > BULK_COMMIT_BYTES) {
      this.#db.exec('COMMIT; BEGIN');
      this.#bulkBytes = 0;
    }
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
    const row = this.#select.get(epoch, seq);
    if (row === undefined) return { ok: false, reason: 'absent' };
    // The hash stands twice, in its own column and in the envelope: damage to either shows.
    const { envelope, sha256 } = row;
    const actual = createHash('sha256').update(envelope.subarray(HASHED_FROM)).digest();
    const whole = actual.equals(sha256) && actual.equals(envelope.subarray(HASH_AT, HASH_AT + HASH_BYTES));
    return whole ? { ok: true, bytes: envelope } : { ok: false, reason: 'damaged' };
  }

  /** Sequence numbers present, by epoch. Reads the index only. */
  ranges(): Map<number, RangeSet> {
    const out = new Map<number, RangeSet>();
    const epochs = this.#db
      .prepare<[], { epoch: number; low: number; high: number; count: number }>(
        'SELECT epoch, min(seq) AS low, max(seq) AS high, count(*) AS count FROM batch GROUP BY epoch',
      )
      .all();
    for (const { epoch, low, high, count } of epochs) {
      if (count === high - low + 1) {
        out.set(epoch, [[low, high]]);
        continue;
      }
      let set: RangeSet = EMPTY_RANGES;
      const seqs = this.#db.prepare<[number], number>('SELECT seq FROM batch WHERE epoch = ? ORDER BY seq').pluck();
      for (const seq of seqs.iterate(epoch)) set = addRange(set, seq);
      out.set(epoch, set);
    }
    return out;
  }

  /** Key figures of the batches of an epoch sealed in [fromMs, toMs). Reads no envelope. */
  hashes(epoch: number, fromMs: number, toMs: number): readonly BatchHash[] {
    return this.#db
      .prepare<[number, number, number], BatchHash>(
        `SELECT seq, sealed_ms AS sealedMs, lower(hex(sha256)) AS sha256 FROM batch
         WHERE epoch = ? AND sealed_ms >= ? AND sealed_ms < ? ORDER BY seq`,
      )
      .all(epoch, fromMs, toMs);
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

const BULK_COMMIT_BYTES = 32 * 1024 * 1024;
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
