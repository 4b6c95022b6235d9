/**
 * The agent's memory: every sealed batch of 90 days, one SQLite file a UTC day, and `state.db` with epoch,
 * sequence and who has what. Fed by the sealer, read by the publisher.
 *
 * ```
 *  buffer/state.db        epoch, next seq, published and acknowledged ranges; the lock
 *  buffer/2026-07-01.db   one row a batch: figures, sha256, envelope
 * ```
 *
 * Invariants
 * - A batch is on the disk (synchronous=FULL) before `seal` answers: its bytes may leave the machine then.
 * - A sequence number is never used for two contents: see epoch.ts for when a new epoch begins.
 * - No envelope is held in memory: what is to be published is read back and its hash checked.
 * - Damage is confined to its day: a file that cannot be opened is set aside, a batch whose hash is wrong is
 *   reported as lost, and the rest goes on.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_RANGES, highest, HOUR_MS, sealBatch } from '@kaiku/protocol';
import type { BatchHeader, EpochInventory, HourDigest, LossReason, RangeSet, TableRows } from '@kaiku/protocol';
import { BufferError, BufferLockedError } from '../errors.ts';
import { assertSqliteVersion, isDamage, isFull, isLocked } from './database.ts';
import { DayFiles } from './day-files.ts';
import { dayBytes, removeDay, type BatchRow } from './day-file.ts';
import { newEpochReason, nextEpoch } from './epoch.ts';
import type { Loss } from './epoch-table.ts';
import { HourDigests } from './hour-digests.ts';
import { bufferIdentity } from './identity.ts';
import { inventoryOf, unexplained } from './inventory.ts';
import { DAY_MS, dayOf, daysToDrop, lackedBySomebody, type DayUse, type DroppedDay } from './retention.ts';
import { countRows, halve } from './split.ts';
import { StateFile, type LoggerAcks } from './state-file.ts';

export interface BufferOptions {
  /** Folder of the buffer; made if absent. */
  readonly dir: string;
  readonly agent: string;
  readonly maxDays?: number;
  readonly maxDiskPercent?: number;
  /** Replaced in tests. */
  readonly now?: () => number;
  /** Size of the disk, bytes. Replaced in tests. */
  readonly diskBytes?: () => number;
  /** Told of what an operator should know: a new epoch, damage, days given up. */
  readonly onEvent?: (event: BufferEvent) => void;
}

export type BufferEvent =
  | { readonly kind: 'epoch'; readonly epoch: number; readonly reason: string }
  | { readonly kind: 'damage'; readonly day: string; readonly detail: string }
  | { readonly kind: 'dropped'; readonly day: string; readonly bytes: number; readonly unacknowledged: number };

export interface SealMeta {
  /** Range of the sample times, ms since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly missedSlots: number;
  readonly clock: BatchHeader['clock'];
  /** When it was sealed, if not now: history made in advance. Decides the day file. */
  readonly sealedMs?: number;
}

/** How long an epoch of which nothing is held is still remembered. */
const REMEMBER_MS = 30 * DAY_MS;

export interface BatchKey {
  readonly epoch: number;
  readonly seq: number;
}

export interface Sealed extends BatchKey {
  readonly bytes: Uint8Array;
}

/** Opens or creates a buffer. @throws BufferLockedError, BufferError */
export function openBuffer(options: BufferOptions): AgentBuffer {
  return new AgentBuffer(options);
}

export class AgentBuffer {
  readonly #options: BufferOptions;
  readonly #now: () => number;
  readonly #days: DayFiles;
  readonly #hours = new HourDigests((epoch, fromMs, toMs) => this.#days.hashes(epoch, fromMs, toMs));
  readonly #listeners: ((sealed: Sealed) => void)[] = [];
  #state: StateFile;
  #instance = '';
  #epoch = 0;
  #nextSeq = 1;
  #bulk = false;
  #closed = false;

  constructor(options: BufferOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    assertSqliteVersion();
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    this.#days = new DayFiles({ dir: options.dir, now: this.#now, onLoss: this.#onDamage.bind(this) });
    const stateFile = join(options.dir, 'state.db');
    this.#state = this.#openState(stateFile);
    try {
      this.#resume(stateFile, this.#days.load());
      this.prune();
    } catch (error) {
      this.close();
      throw isLocked(error) ? this.#cannotOpen(error) : error;
    }
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** 16 hex digits: this life of the buffer. A new or copied buffer has another. */
  get instance(): string {
    return this.#instance;
  }

  /** Somebody else speaks under this agent's name: what is sealed now does not leave the machine. */
  get contested(): boolean {
    return this.#isContested(this.#epoch);
  }

  /** Last sequence number used in this epoch; 0 when none. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
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
    const sealedMs = meta.sealedMs ?? this.#now();
    const head = {
      agent: this.#options.agent,
      epoch: this.#epoch,
      seq: this.#nextSeq,
      firstMs: Math.round(meta.firstMs),
      lastMs: Math.round(meta.lastMs),
      sealedMs,
      missedSlots: meta.missedSlots,
      clock: meta.clock,
    };
    let batch;
    try {
      batch = sealBatch(head, tables);
    } catch (error) {
      if (!(error instanceof RangeError) || countRows(tables) < 2) throw error;
      const [first, second] = halve(tables);
      this.seal(first, { ...meta, sealedMs });
      return this.seal(second, { ...meta, sealedMs, missedSlots: 0 });
    }
    const { epoch, seq } = head;
    try {
      this.#commit(dayOf(sealedMs), { ...head, sha256: batch.sha256, bytes: batch.bytes });
    } catch (error) {
      if (!isDamage(error)) throw this.#refused(error);
      this.#days.setAside(dayOf(sealedMs), error);
      this.beginEpoch('damaged');
      return this.seal(tables, { ...meta, sealedMs });
    }
    this.#nextSeq = seq + 1;
    const sealed = { epoch, seq, bytes: batch.bytes };
    this.#hours.changed(epoch, sealedMs);
    if (!this.contested) for (const listener of this.#listeners) listener(sealed);
    return sealed;
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
      this.#state.set('next_seq', String(this.#nextSeq));
    }
  }

  #commit(day: string, row: BatchRow): void {
    if (!this.#bulk) this.#state.set('next_seq', String(row.seq + 1));
    this.#days.insert(day, row, this.#bulk);
  }

  #refused(error: unknown): BufferError {
    const why = isFull(error) ? 'the disk is full' : error instanceof Error ? error.message : String(error);
    // The number may be noted in state.db but is not used: a later start could not tell it from one that was.
    try {
      this.beginEpoch('write failed');
    } catch {
      // state.db refuses too; what it holds then differs from the day files, which begins a new epoch at the next start.
    }
    return new BufferError(`cannot write to ${this.#options.dir}: ${why}`, {
      hint: 'free disk space or lower buffer.maxDiskPercent; check the folder’s owner',
      cause: error,
    });
  }

  /** Starts a new epoch, e.g. because a logger knows a higher sequence number than this buffer. */
  beginEpoch(reason: string, contested = this.contested): void {
    const before = this.#epoch;
    this.#state.epochs.note(before, this.lastSeq);
    this.#epoch = nextEpoch(
      this.#now(),
      Math.max(before, ...this.#state.epochs.known.keys(), ...this.#days.stored().keys()),
    );
    this.#nextSeq = 1;
    this.#state.epochs.note(this.#epoch, 0, contested);
    this.#state.set('next_seq', '1');
    this.#state.set('epoch', String(this.#epoch));
    this.#explain();
    this.#options.onEvent?.({ kind: 'epoch', epoch: this.#epoch, reason });
  }

  /** Another instance holds the name: seals on in a contested epoch, of which nothing ever leaves. */
  contest(): void {
    if (!this.contested) this.beginEpoch('contested', true);
  }

  /** The name is free: what is sealed from now on leaves again. */
  release(): void {
    if (this.contested) this.beginEpoch('released', false);
  }

  #isContested(epoch: number): boolean {
    return this.#state.epochs.known.get(epoch)?.contested === true;
  }

  /** Every epoch known, newest first; one with too many ranges for a message in several parts. */
  inventory(): readonly EpochInventory[] {
    const stored = this.#days.stored();
    return [...this.#state.epochs.known]
      .toSorted(([a], [b]) => b - a)
      .flatMap(([epoch, { high, contested, lost }]) =>
        inventoryOf({
          epoch,
          high: epoch === this.#epoch ? this.lastSeq : high,
          contested,
          held: stored.get(epoch) ?? EMPTY_RANGES,
          published: this.published.get(epoch) ?? EMPTY_RANGES,
          lost,
        }),
      );
  }

  /** Count and digest per hour of sealing that begins in [fromMs, toMs), ascending. */
  audit(epoch: number, fromMs: number, toMs: number): readonly HourDigest[] {
    return this.#isContested(epoch) ? [] : this.#hours.hours(epoch, fromMs, toMs, this.#now());
  }

  /** The batches of an epoch sealed in the hour that begins at `hourMs`. */
  list(epoch: number, hourMs: number): readonly { readonly seq: number; readonly sha256: string }[] {
    return this.#isContested(epoch) ? [] : this.#days.hashes(epoch, hourMs, hourMs + HOUR_MS);
  }

  /** Reads a batch back, its hash checked; undefined when it is gone (reported as lost if damaged). */
  read({ epoch, seq }: BatchKey): Uint8Array | undefined {
    return this.#days.read(epoch, seq);
  }

  /** What is on the disk and may leave (not contested), by epoch. */
  stored(): Map<number, RangeSet> {
    const out = this.#days.stored();
    for (const epoch of out.keys()) if (this.#isContested(epoch)) out.delete(epoch);
    return out;
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

  /** Records a logger's acknowledgement. One for a number never used shows that this buffer was rolled back. */
  markAcked(logger: string, epoch: number, ranges: RangeSet): void {
    this.#state.addAcked(logger, epoch, ranges, this.#now());
    const high = highest(ranges);
    if (epoch === this.#epoch && high > this.lastSeq) {
      this.#nextSeq = high + 1;
      this.beginEpoch('rolled back');
    } else if (high > (this.#state.epochs.known.get(epoch)?.high ?? high) && epoch !== this.#epoch) {
      this.#state.epochs.note(epoch, high);
      this.#explain();
    }
  }

  /** A logger says that it lacks these, whatever it acknowledged before. */
  lacks(logger: string, epoch: number, ranges: RangeSet): void {
    this.#state.removeAcked(logger, epoch, ranges);
  }

  /** Writes published and acknowledged ranges to state.db. Call every second or so. */
  flush(): void {
    this.#state.flush();
  }

  /** What was given up or found damaged, oldest first. */
  losses(): readonly Loss[] {
    return this.#state.epochs.losses();
  }

  /** Bytes on disk and days held. */
  usage(): { readonly bytes: number; readonly days: number } {
    return this.#days.usage();
  }

  /** Deletes days past their age or beyond the disk share, oldest first. Call every hour or so. */
  prune(): void {
    const nowMs = this.#now();
    const lacked = new Map(
      this.#days.days().map(({ day, epochs }) => [day, lackedBySomebody(epochs, this.loggers, nowMs)]),
    );
    const uses = this.#days
      .days()
      .map(({ day, file }): DayUse => ({ day, bytes: dayBytes(file), acknowledged: lacked.get(day) === 0 }));
    const share = (this.#options.maxDiskPercent ?? 20) / 100;
    const dropped = daysToDrop(uses, {
      today: dayOf(nowMs),
      oldestDay: dayOf(nowMs - (this.#options.maxDays ?? 90) * DAY_MS),
      maxBytes: this.#diskBytes() * share,
    });
    for (const each of dropped) this.#drop(each, lacked.get(each.day) ?? 0);
    if (dropped.length > 0) this.#forget(nowMs);
  }

  /** An epoch of which nothing is held is remembered for a while, for loggers that come late. */
  #forget(nowMs: number): void {
    const alive = new Set([this.#epoch, ...this.#days.stored().keys()]);
    for (const [epoch, { lastLossMs }] of this.#state.epochs.known) {
      if (nowMs - lastLossMs < REMEMBER_MS) alive.add(epoch);
    }
    this.#state.forgetEpochs(alive);
  }

  /** Flushes and closes. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#days.close();
    this.#state.close();
  }

  #openState(file: string): StateFile {
    try {
      return new StateFile(file);
    } catch (error) {
      if (isLocked(error)) {
        throw new BufferLockedError(`${this.#options.dir} is in use by another process`, {
          hint: `another agent "${this.#options.agent}" runs on this folder; stop it first`,
          cause: error,
        });
      }
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY') throw this.#cannotOpen(error);
      renameSync(file, `${file}.damaged-${this.#now()}`);
      removeDay(file);
      this.#options.onEvent?.({ kind: 'damage', day: '', detail: `state.db: ${String(error)}` });
      return new StateFile(file);
    }
  }

  #cannotOpen(error: unknown): BufferError {
    return new BufferError(`cannot open the buffer in ${this.#options.dir}: ${String(error)}`, {
      hint: 'the folder must belong to the user that runs the agent',
      cause: error,
    });
  }

  #resume(stateFile: string, damaged: boolean): void {
    const epoch = this.#state.get('epoch');
    const nextSeq = this.#state.get('next_seq');
    const actualIdentity = bufferIdentity(stateFile);
    this.#epoch = Number(epoch ?? 0);
    this.#nextSeq = Number(nextSeq ?? 1);
    const reason = newEpochReason({
      epoch: epoch === undefined ? undefined : this.#epoch,
      nextSeq: nextSeq === undefined ? undefined : this.#nextSeq,
      identity: this.#state.get('identity'),
      actualIdentity,
      highestSeq: highest(this.#days.stored().get(this.#epoch) ?? EMPTY_RANGES),
      damaged,
    });
    this.#instance = this.#state.get('instance') ?? '';
    if (this.#instance === '' || reason === 'created' || reason === 'copied') {
      this.#instance = randomBytes(8).toString('hex');
      this.#state.set('instance', this.#instance);
    }
    this.#state.set('identity', actualIdentity);
    this.#recall();
    if (reason !== undefined) this.beginEpoch(reason);
    this.#explain();
  }

  /** Every epoch any record speaks of, with the highest number any of them knows. */
  #recall(): void {
    const { epochs, published, loggers } = this.#state;
    const highs = [this.#days.stored(), published, ...[...loggers.values()].map((logger) => logger.epochs)];
    for (const each of highs) for (const [epoch, ranges] of each) epochs.note(epoch, highest(ranges));
    if (this.#epoch > 0) epochs.note(this.#epoch, this.lastSeq);
  }

  /** Gives every number that is neither held nor recorded as lost a reason. */
  #explain(): void {
    const stored = this.#days.stored();
    for (const [epoch, { high, lost }] of this.#state.epochs.known) {
      const held = stored.get(epoch) ?? EMPTY_RANGES;
      const left = unexplained({ held, lost, high: epoch === this.#epoch ? this.lastSeq : high });
      for (const [from, to] of left) {
        // Versions before 0.2 deleted what all loggers had without a record.
        const aged = this.#state.epochs.fresh && from === 1 && held.length > 0;
        const reason: LossReason = aged ? 'expired' : to === high && from === high ? 'unwritten' : 'damage';
        this.#state.epochs.lose({ atMs: this.#now(), day: '', reason, epoch, ranges: [[from, to]] });
      }
    }
  }

  #onDamage(day: string, epochs: ReadonlyMap<number, RangeSet>, detail: string): void {
    this.#recordLoss(day, 'damage', epochs);
    this.#hours.changed();
    this.#options.onEvent?.({ kind: 'damage', day, detail });
  }

  #drop({ day, bytes, reason }: DroppedDay, unacknowledged: number): void {
    const epochs = this.#days.days().find((each) => each.day === day)?.epochs;
    this.#days.remove(day);
    if (epochs !== undefined) this.#recordLoss(day, reason, epochs);
    this.#hours.changed();
    this.#options.onEvent?.({ kind: 'dropped', day, bytes, unacknowledged });
  }

  #recordLoss(day: string, reason: LossReason, epochs: ReadonlyMap<number, RangeSet>): void {
    for (const [epoch, ranges] of epochs) this.#state.epochs.lose({ atMs: this.#now(), day, reason, epoch, ranges });
  }

  #diskBytes(): number {
    if (this.#options.diskBytes !== undefined) return this.#options.diskBytes();
    const { blocks, bsize } = statfsSync(this.#options.dir);
    return blocks * bsize;
  }
}
