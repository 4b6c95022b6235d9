/**
 * `state.db`: the epoch and next sequence number, what the broker has (published) and what each logger has
 * (acknowledged), as ranges by epoch. Opened exclusively: it is also the lock of the buffer.
 *
 * `next_seq` is committed before a batch is; with synchronous=NORMAL it survives the process, and when a
 * power cut takes it back the day files show it, which begins a new epoch. Published and acknowledged ranges are
 * written now and then: losing the last of them repeats work and loses nothing.
 */
import { addAll, countValues, EMPTY_RANGES, type RangeSet } from '@kaiku/protocol';
import { openDatabase, type Db } from './database.ts';
import { DayTable } from './day-table.ts';
import { EpochTable } from './epoch-table.ts';
import { without } from './inventory.ts';
import { parseRanges } from './ranges-text.ts';
import { BatchReaders } from './batch-readers.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS published (epoch INTEGER PRIMARY KEY, ranges TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS acked (
    logger TEXT NOT NULL, epoch INTEGER NOT NULL, ranges TEXT NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (logger, epoch)
  ) WITHOUT ROWID`;

export interface LoggerAcks {
  /** Acknowledged, by epoch. */
  readonly epochs: Map<number, RangeSet>;
  /** When it last acknowledged anything new, ms since 1970. */
  lastMs: number;
}

export class StateFile {
  readonly published = new Map<number, RangeSet>();
  readonly loggers = new Map<string, LoggerAcks>();
  readonly epochs: EpochTable;
  readonly days: DayTable;
  readonly readers: BatchReaders;
  readonly #db: Db;
  readonly #set: (key: string, value: string) => void;
  readonly #dirtyPublished = new Set<number>();
  readonly #dirtyAcked = new Map<string, Set<number>>();

  constructor(file: string) {
    this.#db = openDatabase(file, 'NORMAL', true);
    try {
      this.#db.exec(SCHEMA);
      if (this.#db.pragma('quick_check(1)', { simple: true }) !== 'ok') throw new Error('state.db is damaged');
      const set = this.#db.prepare<[string, string]>('INSERT OR REPLACE INTO meta VALUES (?, ?)');
      this.#set = (key, value) => void set.run(key, value);
      this.#load();
      this.epochs = new EpochTable(this.#db);
      this.days = new DayTable(this.#db);
      this.readers = new BatchReaders(this);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #load(): void {
    const published = this.#db.prepare<[], { epoch: number; ranges: string }>('SELECT * FROM published').all();
    for (const { epoch, ranges } of published) this.published.set(epoch, parseRanges(ranges));
    const acked = this.#db
      .prepare<[], { logger: string; epoch: number; ranges: string; last_ms: number }>('SELECT * FROM acked')
      .all();
    for (const { logger, epoch, ranges, last_ms: lastMs } of acked) {
      const entry = this.#logger(logger);
      entry.epochs.set(epoch, parseRanges(ranges));
      entry.lastMs = Math.max(entry.lastMs, lastMs);
    }
  }

  #logger(name: string): LoggerAcks {
    let entry = this.loggers.get(name);
    if (entry === undefined) {
      entry = { epochs: new Map<number, RangeSet>(), lastMs: 0 };
      this.loggers.set(name, entry);
    }
    return entry;
  }

  get(key: string): string | undefined {
    return this.#db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(key);
  }

  set(key: string, value: string): void {
    this.#set(key, value);
  }

  addPublished(epoch: number, ranges: RangeSet): void {
    this.published.set(epoch, addAll(this.published.get(epoch) ?? EMPTY_RANGES, ranges));
    this.#dirtyPublished.add(epoch);
  }

  /** Repetitions of what is known change nothing, not even the time of the last acknowledgement. */
  addAcked(logger: string, epoch: number, ranges: RangeSet, nowMs: number): void {
    const entry = this.#logger(logger);
    const before = entry.epochs.get(epoch) ?? EMPTY_RANGES;
    const after = addAll(before, ranges);
    if (countValues(after) === countValues(before)) return;
    entry.epochs.set(epoch, after);
    entry.lastMs = nowMs;
    this.#dirty(logger, epoch);
  }

  /** Takes acknowledgements back: the logger says it lacks these. */
  removeAcked(logger: string, epoch: number, ranges: RangeSet): void {
    const entry = this.loggers.get(logger);
    const before = entry?.epochs.get(epoch);
    if (entry === undefined || before === undefined) return;
    const after = without(before, ranges);
    if (countValues(after) === countValues(before)) return;
    entry.epochs.set(epoch, after);
    this.#dirty(logger, epoch);
  }

  #dirty(logger: string, epoch: number): void {
    const dirty = this.#dirtyAcked.get(logger);
    if (dirty === undefined) this.#dirtyAcked.set(logger, new Set([epoch]));
    else dirty.add(epoch);
  }

  /** Drops what is known of all other epochs. */
  forgetEpochs(alive: ReadonlySet<number>): void {
    for (const epoch of this.epochs.known.keys()) if (!alive.has(epoch)) this.epochs.forget(epoch);
    for (const epoch of this.published.keys()) {
      if (alive.has(epoch)) continue;
      this.published.delete(epoch);
      this.#db.prepare('DELETE FROM published WHERE epoch = ?').run(epoch);
    }
    for (const [logger, { epochs }] of this.loggers) {
      for (const epoch of epochs.keys()) {
        if (alive.has(epoch)) continue;
        epochs.delete(epoch);
        this.#db.prepare('DELETE FROM acked WHERE logger = ? AND epoch = ?').run(logger, epoch);
      }
    }
  }

  /** Writes published and acknowledged ranges that have changed. */
  flush(): void {
    if (this.#dirtyPublished.size === 0 && this.#dirtyAcked.size === 0) return;
    const publish = this.#db.prepare<[number, string]>('INSERT OR REPLACE INTO published VALUES (?, ?)');
    const ack = this.#db.prepare<[string, number, string, number]>('INSERT OR REPLACE INTO acked VALUES (?, ?, ?, ?)');
    this.#db.transaction(() => {
      for (const epoch of this.#dirtyPublished) publish.run(epoch, JSON.stringify(this.published.get(epoch) ?? []));
      for (const [logger, epochs] of this.#dirtyAcked) {
        const entry = this.#logger(logger);
        for (const epoch of epochs) {
          ack.run(logger, epoch, JSON.stringify(entry.epochs.get(epoch) ?? []), entry.lastMs);
        }
      }
    })();
    this.#dirtyPublished.clear();
    this.#dirtyAcked.clear();
  }

  /** What was written so far survives a power cut from here on. */
  secure(): void {
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.flush();
    this.#db.close();
  }
}
