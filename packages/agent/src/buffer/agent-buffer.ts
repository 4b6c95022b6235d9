/**
 * The agent's memory: every sealed batch of 90 days, one SQLite file a UTC day, and `state.db` with epoch,
 * sequence and who has what. Fed by the sealer, read by the publisher.
 *
 * ```
 *  buffer/state.db        epochs, next seq, losses, published and acknowledged ranges; the lock
 *  buffer/2026-07-01.db   a row a batch: key, time, sha256; and its envelope, or a segment of many
 * ```
 *
 * Invariants
 * - A batch is on the disk (synchronous=FULL) before `seal` answers: its bytes may leave the machine then.
 * - A sequence number is never used for two contents: see epoch.ts for when a new epoch begins.
 * - No envelope is held in memory: what is to be published is read back and its hash checked.
 * - Damage is confined to the batches it hit: what is whole in a damaged file is saved into a fresh one, the rest is
 *   recorded as lost, and the buffer goes on.
 * - A disk that refuses costs the samples of that moment and nothing else.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { highest, HOUR_MS, sealBatch } from '@kaiku/protocol';
import type { BatchHead, BatchHeader, BatchVersion, EpochInventory, HourDigest } from '@kaiku/protocol';
import type { RangeSet, TableRows } from '@kaiku/protocol';
import { BufferError } from '../errors.ts';
import { Compaction, type Compacted } from './compaction.ts';
import { assertSqliteVersion, isDamage, isFull, isIoError, isLocked, REAL_DISK, type Disk } from './database.ts';
import { DayFiles } from './day-files.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import type { Loss } from './epoch-table.ts';
import { syncFolder } from './folder.ts';
import { HourDigests } from './hour-digests.ts';
import { bufferIdentity } from './identity.ts';
import type { BufferOptions } from './options.ts';
import { cannotOpen, openState } from './open-state.ts';
import { dayOf } from './retention.ts';
import { createPackThread } from './segment/pack-thread.ts';
import { BufferSpace, type BufferUsage } from './space.ts';
import { countRows, halve } from './split.ts';
import type { StateFile, LoggerAcks } from './state-file.ts';
import { TrustedTime, type Clocks } from './trusted-time.ts';

export interface SealMeta {
  /** Range of the sample times, ms since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly missedSlots: number;
  readonly clock: BatchHeader['clock'];
  /** When it was sealed, if not now: history made in advance. Decides the day file. */
  readonly sealedMs?: number;
}

export interface BatchKey {
  readonly epoch: number;
  readonly seq: number;
}

export interface Sealed extends BatchKey {
  readonly bytes: Uint8Array;
}

/** After a disk failed otherwise than by being full, it is tried again this often. */
const RETRY_MS = 10_000;
/** A disk with less is full: a batch, its index and the log must fit. */
const ROOM_BYTES = 1024 * 1024;
/** In state.db: whether the contested epoch is fenced for good (`1`) or perhaps released (`0`). */
const FENCED = 'fenced';

/** Opens or creates a buffer. @throws BufferLockedError, BufferError */
export function openBuffer(options: BufferOptions): AgentBuffer {
  return new AgentBuffer(options);
}

export class AgentBuffer {
  readonly #options: BufferOptions;
  readonly #now: () => number;
  readonly #uptimeMs: () => number;
  readonly #disk: Disk;
  readonly #days: DayFiles;
  readonly #keeper: EpochKeeper;
  readonly #state: StateFile;
  readonly #trusted: TrustedTime;
  readonly #hours = new HourDigests((epoch, fromMs, toMs) => this.#days.hashes(epoch, fromMs, toMs));
  readonly #packing = createPackThread();
  readonly #compaction: Compaction;
  readonly #space: BufferSpace;
  readonly #listeners: ((sealed: Sealed) => void)[] = [];
  #bulk = false;
  #closed = false;
  #refused: string | undefined;
  #retryAtMs = -Infinity;

  constructor(options: BufferOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#uptimeMs = options.uptimeMs ?? options.now ?? (() => performance.now());
    this.#disk = options.disk ?? REAL_DISK;
    assertSqliteVersion();
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    syncFolder(dirname(options.dir));
    const { agent, dir } = options;
    this.#days = new DayFiles({ dir, agent, now: this.#now, onLoss: this.#onDamage.bind(this) });
    this.#compaction = new Compaction({
      days: this.#days,
      published: () => this.published,
      now: this.#now,
      disk: this.#disk,
      dir,
      pack: options.pack ?? this.#packing.pack,
    });
    const stateFile = join(dir, 'state.db');
    this.#state = openState({
      file: stateFile,
      dir,
      agent,
      now: this.#now,
      onDamage: (detail) => options.onEvent?.({ kind: 'damage', day: '', detail, batches: 0 }),
    });
    this.#keeper = new EpochKeeper({
      dir,
      state: this.#state,
      days: this.#days,
      now: this.#now,
      onEpoch: (epoch, reason) => options.onEvent?.({ kind: 'epoch', epoch, reason }),
    });
    this.#space = new BufferSpace({
      ...options,
      days: this.#days,
      keeper: this.#keeper,
      state: this.#state,
      now: this.#now,
      disk: this.#disk,
      onDropped: (day, bytes, unacknowledged) => {
        this.#hours.changed();
        options.onEvent?.({ kind: 'dropped', day, bytes, unacknowledged });
      },
    });
    try {
      const lastMs = this.#state.get('trusted_ms');
      this.#trusted = new TrustedTime(lastMs === undefined ? undefined : Number(lastMs), this.#clocks());
      this.#keeper.resume(bufferIdentity(stateFile), this.#days.load(this.#state.days));
      this.prune();
    } catch (error) {
      this.close();
      throw isLocked(error) ? cannotOpen(dir, error) : error;
    }
  }

  /** 16 hex digits: this life of the buffer. A new or copied buffer has another. */
  get instance(): string {
    return this.#keeper.instance;
  }

  get epoch(): number {
    return this.#keeper.epoch;
  }

  /** Somebody else speaks under this agent's name: what is sealed now does not leave the machine. */
  get contested(): boolean {
    return this.#keeper.contested;
  }

  /** Last sequence number used in this epoch; 0 when none. */
  get lastSeq(): number {
    return this.#keeper.nextSeq - 1;
  }

  /** Why samples cannot be written at present; undefined when they can. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** Calls back for every batch sealed from now on that may leave, also for the parts of one that was split. */
  onSealed(listener: (sealed: Sealed) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Seals rows into a batch (or several, where a limit demands it) and writes it to the disk.
   * @returns the last batch sealed
   * @throws BufferError when the disk refuses; nothing has left the machine then
   */
  seal(tables: readonly TableRows[], meta: SealMeta): Sealed {
    this.#awaitRoom();
    const sealedMs = meta.sealedMs ?? this.#now();
    for (let attempt = 0; ; attempt += 1) {
      const head = this.#head(meta, sealedMs);
      let batch;
      try {
        batch = sealBatch(head, tables, holdsEvents(tables) ? 3 : this.batchVersion);
      } catch (error) {
        if (!(error instanceof RangeError) || countRows(tables) < 2) throw error;
        const [first, second] = halve(tables);
        this.seal(first, { ...meta, sealedMs });
        return this.seal(second, { ...meta, sealedMs, missedSlots: 0 });
      }
      if (!this.#written(batch, sealedMs, attempt)) continue;
      const { epoch, seq } = head;
      if (meta.sealedMs === undefined) this.#noteWritten(dayOf(sealedMs));
      this.#hours.changed(epoch, sealedMs);
      this.#compaction.changed(sealedMs);
      const sealed = { epoch, seq, bytes: batch.bytes };
      if (!this.contested) for (const listener of this.#listeners) listener(sealed);
      return sealed;
    }
  }

  #head(meta: SealMeta, sealedMs: number): BatchHead {
    return {
      agent: this.#options.agent,
      epoch: this.#keeper.epoch,
      seq: this.#keeper.nextSeq,
      firstMs: Math.round(meta.firstMs),
      lastMs: Math.round(meta.lastMs),
      sealedMs,
      missedSlots: meta.missedSlots,
      clock: meta.clock,
    };
  }

  /**
   * Writes a batch.
   * @returns false when it could not be, but something was done that makes another attempt worth while
   */
  #written({ header, sha256, bytes }: ReturnType<typeof sealBatch>, sealedMs: number, attempt: number): boolean {
    const day = dayOf(sealedMs);
    const { epoch, seq } = header;
    let used = false;
    try {
      this.#disk.beforeWrite('state');
      if (!this.#bulk) this.#keeper.use();
      used = true;
      this.#disk.beforeWrite('day');
      this.#days.insert(day, { epoch, seq, sealedMs, sha256, bytes }, this.#bulk);
    } catch (error) {
      if (used) this.#keeper.burn();
      if (!this.#remedied(error, day, { epoch, seq }, attempt)) throw this.#refuse(error);
      return false;
    }
    this.#keeper.advance();
    if (this.#refused !== undefined) {
      this.#refused = undefined;
      this.#options.onEvent?.({ kind: 'resumed' });
    }
    return true;
  }

  /** After a refused write: does what may help. False when nothing does. */
  #remedied(error: unknown, day: string, { epoch, seq }: BatchKey, attempt: number): boolean {
    if (isFull(error)) return this.#space.make();
    if (attempt > 0 || this.#bulk) return false;
    try {
      if (isDamage(error)) this.#days.repair(day, error);
      // Nobody can say what the disk has now. What was acknowledged before was synced before.
      else if (isIoError(error)) this.#days.doubt(day, epoch, seq);
      else return false;
    } catch {
      return false;
    }
    this.beginEpoch('write failed');
    return true;
  }

  #refuse(error: unknown): BufferError {
    const full = isFull(error);
    const why = full ? 'the disk is full' : error instanceof Error ? error.message : String(error);
    if (!full) this.#retryAtMs = this.#uptimeMs() + RETRY_MS;
    if (this.#refused === undefined) this.#options.onEvent?.({ kind: 'refused', reason: why });
    this.#refused = why;
    return this.#bufferError(why, error);
  }

  /** While the disk refuses, no number is used up in vain. @throws BufferError */
  #awaitRoom(): void {
    if (this.#refused === undefined) return;
    const room = this.#disk.freeBytes(this.#options.dir) >= ROOM_BYTES || this.#space.make();
    if (!room || this.#uptimeMs() < this.#retryAtMs) throw this.#bufferError(this.#refused);
  }

  #bufferError(why: string, cause?: unknown): BufferError {
    return new BufferError(`cannot write to ${this.#options.dir}: ${why}`, {
      hint: 'free disk space or lower buffer.maxDiskPercent; check the folder’s owner',
      cause,
    });
  }

  /**
   * Runs many seals with one fsync at the end of each day file instead of one a batch: for history made in
   * advance. A crash in between costs the unfinished part and begins a new epoch.
   */
  bulk<T>(work: () => T): T {
    this.#bulk = true;
    try {
      return work();
    } finally {
      this.#bulk = false;
      this.#days.endBulk();
      this.#state.set('next_seq', String(this.#keeper.nextSeq));
    }
  }

  /** Starts a new epoch, e.g. because a logger knows a higher sequence number than this buffer. */
  beginEpoch(reason: string): void {
    this.#keeper.begin(reason);
  }

  /** Another instance holds the name, living or not: seals on in a contested epoch, of which nothing leaves until then. */
  contest(): void {
    if (this.contested) return;
    this.#state.set(FENCED, '0');
    this.#keeper.begin('contested', true);
  }

  /** Another instance lives under the name: of the present epoch nothing ever leaves. Known after a restart, too. */
  fence(): void {
    if (!this.contested) this.#keeper.begin('contested', true);
    if (this.#state.get(FENCED) !== '1') this.#state.set(FENCED, '1');
  }

  /** The present epoch is contested, and not only for caution. */
  get fenced(): boolean {
    // Version 0.1 did not say.
    return this.contested && this.#state.get(FENCED) !== '0';
  }

  /** Nobody else spoke after all: what was sealed in the present, contested epoch leaves like everything else. */
  absolve(): void {
    if (this.contested) this.#state.epochs.note(this.epoch, this.lastSeq, false);
  }

  /** The name is free: what is sealed from now on leaves again. */
  release(): void {
    if (this.contested) this.#keeper.begin('released', false);
  }

  /** Reads a batch back, its hash checked; undefined when it is gone (recorded as lost if damaged). */
  read({ epoch, seq }: BatchKey): Uint8Array | undefined {
    return this.#days.read(epoch, seq);
  }

  /** What is on the disk and may leave (not contested), by epoch. */
  stored(): Map<number, RangeSet> {
    return new Map([...this.#days.stored()].filter(([epoch]) => !this.#keeper.isContested(epoch)));
  }

  /** Every epoch known, newest first; one with too many ranges for a message in several parts. */
  inventory(): readonly EpochInventory[] {
    return this.#keeper.inventory();
  }

  /** Count and digest per hour of sealing that begins in [fromMs, toMs), ascending. */
  audit(epoch: number, fromMs: number, toMs: number): readonly HourDigest[] {
    return this.#keeper.isContested(epoch) ? [] : this.#hours.hours(epoch, fromMs, toMs, this.#now());
  }

  /**
   * The batches of an epoch sealed in the hour that begins at `hourMs`. Asked for when an audit differs, so each is
   * read and checked: what is damaged is lost from now on, and not in the list.
   */
  list(epoch: number, hourMs: number): readonly { readonly seq: number; readonly sha256: string }[] {
    if (this.#keeper.isContested(epoch)) return [];
    const held = (): readonly { readonly seq: number; readonly sha256: string }[] =>
      this.#days.hashes(epoch, hourMs, hourMs + HOUR_MS);
    for (const { seq } of held()) this.read({ epoch, seq });
    return held();
  }

  /** What the broker has said it stored, by epoch. */
  get published(): ReadonlyMap<number, RangeSet> {
    return this.#state.published;
  }

  /** What each logger has acknowledged. */
  get loggers(): ReadonlyMap<string, LoggerAcks> {
    return this.#state.loggers;
  }

  markPublished({ epoch, seq }: BatchKey): void {
    this.#state.addPublished(epoch, [[seq, seq]]);
  }

  /** Version of the batches sealed now. */
  get batchVersion(): BatchVersion {
    return this.#options.batchVersion ?? (this.#state.readers.newest(this.loggers, this.#now()) >= 2 ? 2 : 1);
  }

  /** A logger says up to which version it reads batches. @throws what state.db throws */
  markReads(logger: string, version: number): void {
    this.#state.readers.note(logger, version);
  }

  /** Records a logger's acknowledgement. One for a number never used shows that this buffer was rolled back. */
  markAcked(logger: string, epoch: number, ranges: RangeSet): void {
    this.#state.addAcked(logger, epoch, ranges, this.#now());
    this.#keeper.seen(epoch, highest(ranges));
  }

  /** A logger says that it lacks these, whatever it acknowledged before. */
  lacks(logger: string, epoch: number, ranges: RangeSet): void {
    this.#state.removeAcked(logger, epoch, ranges);
  }

  /** Writes published and acknowledged ranges to state.db. Call every second or so. @throws when the disk refuses */
  flush(): void {
    this.#disk.beforeWrite('state');
    this.#state.flush();
  }

  /** What was given up, found damaged or not written, oldest first. */
  losses(): readonly Loss[] {
    return this.#state.epochs.losses();
  }

  usage(): BufferUsage {
    return this.#space.usage();
  }

  /** Deletes days past their age or beyond the disk share, oldest first. Call every hour or so. */
  prune(): void {
    this.#space.prune(this.#trust());
  }

  #onDamage(day: string, epochs: ReadonlyMap<number, RangeSet>, detail: string): void {
    this.#keeper.lose(day, 'damage', epochs);
    this.#hours.changed();
    let batches = 0;
    for (const ranges of epochs.values()) for (const [from, to] of ranges) batches += to - from + 1;
    this.#options.onEvent?.({ kind: 'damage', day, detail, batches });
  }

  #clocks(): Clocks {
    return {
      nowMs: this.#now(),
      uptimeMs: this.#uptimeMs(),
      offsetMs: this.#options.clockOffsetMs?.() ?? null,
    };
  }

  /** Trusted time, carried on and written down. */
  #trust(): number {
    const trustedMs = this.#trusted.advance(this.#clocks());
    try {
      this.#state.set('trusted_ms', String(Math.floor(trustedMs)));
    } catch {
      // Behind after a restart: deletes later, not earlier.
    }
    return trustedMs;
  }

  #noteWritten(day: string): void {
    try {
      this.#state.days.written(day, this.#trusted.advance(this.#clocks()));
    } catch {
      // The next batch tries again.
    }
  }

  /**
   * Packs an hour that is over, see compaction.ts. Not twice at once.
   * @returns what was done; undefined when there is nothing to do now
   */
  async compact(): Promise<Compacted | undefined> {
    if (this.#closed) return undefined;
    const done = await this.#compaction.step();
    // A thread that waits for the next hour would only hold memory.
    await this.#packing.stop();
    return done;
  }

  /** What is being packed stays as it is. Before `close`, while a `compact` may be under way. */
  async endCompaction(): Promise<void> {
    this.#compaction.stop();
    await this.#packing.stop();
  }

  /** Flushes and closes. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#compaction.stop();
    try {
      this.#days.close(this.#state.days);
      this.#state.close();
    } catch (error) {
      // What is lost is a note of who has what: work is repeated, no batch is lost.
      this.#options.onEvent?.({ kind: 'refused', reason: String(error) });
    }
  }
}

/** Events are a table that loggers of the last release do not know: they travel in batches of their own, of version 3. */
function holdsEvents(tables: readonly TableRows[]): boolean {
  return tables.some(({ table, rows }) => table === 'event' && rows > 0);
}
