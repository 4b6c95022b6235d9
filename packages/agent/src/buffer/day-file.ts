/**
 * One UTC day of batches: `2026-07-01.db`. The envelopes in one table, what is asked without them (key, time of
 * sealing, hash) in another, so that an inventory or an audit reads no envelope. Hours that are over stand packed in a third
 * table (see segment/segment.ts); the key of a batch that is there bears the segment's id, negated. Written by the buffer with
 * synchronous=FULL, deleted by unlinking.
 *
 * Beside an envelope stands the CRC-32 of its bytes: what a disk returns is checked on its way to the broker without being
 * decompressed. Envelopes that earlier versions wrote have none, and are checked by the hash of their content.
 *
 * Files of version 0.1 hold one table `batch` with both; they are read as they are, and written on in the new tables.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import {
  addAll,
  addRange,
  contentOf,
  digestOfEnvelope,
  EMPTY_RANGES,
  envelopeOf,
  HOUR_MS,
  type RangeSet,
} from '@kaiku/protocol';
import type Database from 'better-sqlite3';
import { openDatabase, setSynchronous, type Db, type Synchronous } from './database.ts';
import { SegmentCache } from './segment/segment-cache.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS segment (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS envelope (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER);
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

/** `figures`: the envelope is whole, what stands beside it is not. `segment`: a whole segment is damaged. */
export type DayRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'absent' | 'damaged' | 'figures' }
  | { readonly ok: false; readonly reason: 'segment'; readonly segment: number };

/** Where a batch that is not packed yet stands. */
export interface LooseKey {
  readonly epoch: number;
  readonly seq: number;
  readonly id: number;
}

interface KeyRow {
  readonly sha256: Buffer;
  readonly envelope: Buffer | null;
  readonly crc: number | null;
  readonly id: number;
}

const BULK_COMMIT_BYTES = 32 * 1024 * 1024;

export class DayFile {
  readonly file: string;
  readonly #db: Db;
  readonly #tables: readonly KeyTable[];
  readonly #selects: readonly Database.Statement<[number, number], KeyRow>[];
  readonly #insert: (row: BatchRow) => void;
  #inBulk = false;
  #bulkBytes = 0;

  readonly #segments: SegmentCache;

  constructor(file: string, synchronous: Synchronous, segments = new SegmentCache()) {
    this.file = file;
    this.#segments = segments;
    this.#db = openDatabase(file, synchronous);
    try {
      this.#db.exec(SCHEMA);
      if (!this.#hasCrc()) this.#db.exec('ALTER TABLE envelope ADD COLUMN crc INTEGER');
      this.#tables = this.#hasOldTable() ? ['sealed', 'batch'] : ['sealed'];
      this.#selects = this.#tables.map((table) =>
        this.#db.prepare(
          table === 'sealed'
            ? 'SELECT sha256, id, bytes AS envelope, crc FROM sealed LEFT JOIN envelope USING (id) WHERE epoch = ? AND seq = ?'
            : 'SELECT sha256, 0 AS id, envelope, NULL AS crc FROM batch WHERE epoch = ? AND seq = ?',
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

  #hasCrc(): boolean {
    return (
      this.#db.prepare("SELECT 1 FROM pragma_table_info('envelope') WHERE name = 'crc'").pluck().get() !== undefined
    );
  }

  #inserter(): (row: BatchRow) => void {
    const addEnvelope = this.#db.prepare<[Uint8Array, number]>('INSERT INTO envelope (bytes, crc) VALUES (?, ?)');
    const addKey = this.#db.prepare<[number, number, number, Buffer, number | bigint]>(
      'INSERT INTO sealed VALUES (?, ?, ?, ?, ?)',
    );
    return this.#db.transaction(({ epoch, seq, sealedMs, sha256, bytes }: BatchRow) => {
      const { lastInsertRowid } = addEnvelope.run(bytes, crc32(bytes));
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
      const { envelope, crc, sha256, id } = row;
      if (id < 0) return this.#readPacked(-id, epoch, seq, sha256);
      if (envelope === null) return { ok: false, reason: 'figures' };
      // The hash stands twice, beside the envelope and in it: damage to either shows.
      if (crc !== null && crc32(envelope) === crc && digestOfEnvelope(envelope)?.equals(sha256) === true) {
        return { ok: true, bytes: envelope };
      }
      const content = contentOf(envelope);
      if (!content.ok) return { ok: false, reason: 'damaged' };
      return content.digest.equals(sha256) ? { ok: true, bytes: envelope } : { ok: false, reason: 'figures' };
    }
    return { ok: false, reason: 'absent' };
  }

  #readPacked(id: number, epoch: number, seq: number, sha256: Buffer): DayRead {
    const segment = this.#segments.get(`${this.file}#${id}`, () =>
      this.#db.prepare<[number], Buffer>('SELECT bytes FROM segment WHERE id = ?').pluck().get(id),
    );
    if (segment === 'absent') return { ok: false, reason: 'figures' };
    if (segment === 'damaged') return { ok: false, reason: 'segment', segment: id };
    const content = segment.content(epoch, seq);
    if (content === undefined) return { ok: false, reason: 'figures' };
    const actual = createHash('sha256').update(content).digest();
    return actual.equals(sha256) ? { ok: true, bytes: envelopeOf(content, actual) } : { ok: false, reason: 'figures' };
  }

  /** Keys of the batches in a segment. */
  keysIn(segment: number): readonly { readonly epoch: number; readonly seq: number }[] {
    return this.#db
      .prepare<[number], { epoch: number; seq: number }>('SELECT epoch, seq FROM sealed WHERE id = ?')
      .all(-segment);
  }

  /** Hours of sealing that hold batches which are not packed, oldest first. */
  looseHours(): readonly number[] {
    return this.#db
      .prepare<[number], number>('SELECT DISTINCT sealed_ms / ? AS hour FROM sealed WHERE id > 0 ORDER BY hour')
      .pluck()
      .all(HOUR_MS)
      .map((hour) => Math.floor(hour) * HOUR_MS);
  }

  /** Keys of the batches sealed in an hour that are not packed, in order. */
  looseKeys(hourMs: number): readonly LooseKey[] {
    return this.#db
      .prepare<[number, number], LooseKey>(
        'SELECT epoch, seq, id FROM sealed WHERE id > 0 AND sealed_ms >= ? AND sealed_ms < ? ORDER BY epoch, seq',
      )
      .all(hourMs, hourMs + HOUR_MS);
  }

  envelope(id: number): Buffer | undefined {
    return this.#db.prepare<[number], Buffer>('SELECT bytes FROM envelope WHERE id = ?').pluck().get(id);
  }

  /** Puts a segment in the place of envelopes, in one transaction. Keys that are gone meanwhile stay so. */
  replace(segment: Uint8Array, keys: readonly LooseKey[]): void {
    this.#db.transaction(() => {
      const { lastInsertRowid } = this.#db.prepare('INSERT INTO segment (bytes) VALUES (?)').run(segment);
      this.#point(Number(lastInsertRowid), keys);
    })();
  }

  #point(segment: number, keys: readonly LooseKey[]): void {
    const point = this.#db.prepare('UPDATE sealed SET id = ? WHERE epoch = ? AND seq = ? AND id = ?');
    const drop = this.#db.prepare('DELETE FROM envelope WHERE id = ?');
    for (const { epoch, seq, id } of keys) if (point.run(-segment, epoch, seq, id).changes === 1) drop.run(id);
  }

  /** A segment saved from a damaged file, with those of its batches that are not there otherwise. */
  insertSegment(segment: Uint8Array, rows: readonly Omit<BatchRow, 'bytes'>[]): void {
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO segment (bytes) VALUES (?)').run(segment);
    const add = this.#db.prepare('INSERT INTO sealed VALUES (?, ?, ?, ?, ?)');
    for (const { epoch, seq, sealedMs, sha256 } of rows) {
      add.run(epoch, seq, sealedMs, Buffer.from(sha256, 'hex'), -Number(lastInsertRowid));
    }
  }

  /** Gives some pages that are free back to the disk. @returns whether more are free */
  reclaim(pages: number): boolean {
    const free = (): number => Number(this.#db.pragma('freelist_count', { simple: true }));
    const before = free();
    if (before === 0) return false;
    this.#db.pragma(`incremental_vacuum(${pages})`);
    const after = free();
    if (after === 0) this.#db.pragma('wal_checkpoint(TRUNCATE)');
    // A file that an earlier version made keeps them.
    return after > 0 && after < before;
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
