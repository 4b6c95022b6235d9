/**
 * The buffer's days: which there are, what each holds, and the few that are open. Knows files, not epochs'
 * meaning: the buffer decides what a loss or damage means and is told of each through `onLoss`.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addAll, addRange, EMPTY_RANGES, hasValue, type RangeSet } from '@kaiku/protocol';
import { isDamage, isLocked } from './database.ts';
import { DayFile, dayBytes, removeDay, type BatchHash, type BatchRow, type DayRead } from './day-file.ts';
import type { DayTable } from './day-table.ts';
import { without } from './inventory.ts';
import { dayOf } from './retention.ts';
import { salvage, setAside } from './salvage.ts';
import { SegmentCache } from './segment/segment-cache.ts';

const DAY_NAME = /^(\d{4}-\d\d-\d\d)\.db$/;
/** Files held open at once: today's, and what the publisher reads. */
const OPEN_FILES = 4;

/** One day and the sequence numbers it holds, by epoch. */
export interface Day {
  readonly day: string;
  readonly file: string;
  readonly epochs: Map<number, RangeSet>;
}

export interface DayFilesOptions {
  readonly dir: string;
  readonly agent: string;
  readonly now: () => number;
  /** Batches that can no longer be read, and why. */
  readonly onLoss: (day: string, epochs: ReadonlyMap<number, RangeSet>, detail: string) => void;
}

export class DayFiles {
  readonly #options: DayFilesOptions;
  readonly #days = new Map<string, Day>();
  /** Open files, least recently used first. */
  readonly #open = new Map<string, DayFile>();
  readonly #segments = new SegmentCache();
  #stored: Map<number, RangeSet> | undefined;

  constructor(options: DayFilesOptions) {
    this.#options = options;
  }

  /**
   * Finds out what every day holds: from `known` if the file is as it was then, else from its index. A file that is
   * damaged is salvaged.
   * @returns whether there was one
   */
  load(known: DayTable): boolean {
    let damaged = false;
    const days = readdirSync(this.#options.dir).flatMap((name) => DAY_NAME.exec(name)?.[1] ?? []);
    days.sort();
    for (const day of days) {
      const entry = this.#day(day);
      const before = known.get(day, stampOf(entry.file));
      if (before !== undefined && day !== days.at(-1)) {
        for (const [epoch, ranges] of before) entry.epochs.set(epoch, ranges);
        continue;
      }
      try {
        const file = this.#file(entry);
        // Only the newest file can have been cut short by a crash; a walk of all 90 would take minutes.
        if (day === days.at(-1) && !file.sound()) throw new Error('integrity check failed');
        for (const [epoch, ranges] of file.ranges()) entry.epochs.set(epoch, ranges);
        if (day !== days.at(-1)) this.#remember(entry, known);
      } catch (error) {
        if (isLocked(error)) throw error;
        this.repair(day, error);
        damaged = true;
      }
    }
    return damaged;
  }

  /** @throws what the database throws; see `doubt` for what to do then */
  insert(day: string, row: BatchRow, bulk: boolean): void {
    const entry = this.#day(day);
    const file = this.#file(entry);
    if (bulk) file.beginBulk();
    file.insert(row);
    const { epoch, seq } = row;
    entry.epochs.set(epoch, addRange(entry.epochs.get(epoch) ?? EMPTY_RANGES, seq));
    this.#stored?.set(epoch, addRange(this.#stored.get(epoch) ?? EMPTY_RANGES, seq));
  }

  /** After a refused write: opens the file again, and makes sure that this key is not in it. */
  doubt(day: string, epoch: number, seq: number): void {
    this.#closeDay(day);
    this.#file(this.#day(day)).forget(epoch, seq);
  }

  endBulk(): void {
    for (const file of this.#open.values()) file.endBulk();
  }

  /** A batch's envelope, its hash checked; undefined when it is gone. Damage is reported as a loss. */
  read(epoch: number, seq: number): Uint8Array | undefined {
    const day = this.#dayWith(epoch, seq);
    if (day === undefined) return undefined;
    const first = this.#tryRead(day, epoch, seq);
    if (first.ok) return first.bytes;
    if (first.reason === 'segment') {
      const { segment } = first;
      this.#lose(day, this.#file(day).keysIn(segment), `segment ${segment} is damaged`);
      return undefined;
    }
    if (first.reason !== 'damaged') {
      // What finds batches is damaged, not they: after a salvage the batch may well be there.
      this.repair(day.day, new Error(`batch ${epoch}/${seq}: ${first.reason}`));
      const again = this.#dayWith(epoch, seq);
      const second = again === undefined ? undefined : this.#tryRead(again, epoch, seq);
      return second?.ok === true ? second.bytes : undefined;
    }
    this.#lose(day, [{ epoch, seq }], `batch ${epoch}/${seq} is damaged`);
    return undefined;
  }

  /** A day's file for whoever packs it; undefined when it is not there any more. @throws what the database throws */
  fileOf(day: string): DayFile | undefined {
    const entry = this.#days.get(day);
    return entry === undefined ? undefined : this.#file(entry);
  }

  /** After a write to it failed: whatever the disk has now, a fresh connection sees. */
  reopen(day: string): void {
    this.#closeDay(day);
  }

  /** Sequence number and hash of the batches of an epoch sealed in [fromMs, toMs), at most a day. */
  hashes(epoch: number, fromMs: number, toMs: number): readonly BatchHash[] {
    const out: BatchHash[] = [];
    for (const name of new Set([dayOf(fromMs), dayOf(toMs - 1)])) {
      const day = this.#days.get(name);
      if (day?.epochs.has(epoch) !== true) continue;
      let found: readonly BatchHash[];
      try {
        found = this.#file(day).hashes(epoch, fromMs, toMs);
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.repair(name, error);
        found = this.#days.has(name) ? this.#file(this.#day(name)).hashes(epoch, fromMs, toMs) : [];
      }
      const held = this.#days.get(name)?.epochs.get(epoch) ?? EMPTY_RANGES;
      for (const each of found) if (hasValue(held, each.seq)) out.push(each);
    }
    return out;
  }

  days(): readonly Day[] {
    return [...this.#days.values()];
  }

  /** What all days hold, by epoch. */
  stored(): ReadonlyMap<number, RangeSet> {
    if (this.#stored !== undefined) return this.#stored;
    const out = new Map<number, RangeSet>();
    for (const { epochs } of this.#days.values()) {
      for (const [epoch, ranges] of epochs) out.set(epoch, addAll(out.get(epoch) ?? EMPTY_RANGES, ranges));
    }
    this.#stored = out;
    return out;
  }

  /**
   * Saves what can be saved of a damaged file into a fresh one; the rest is lost. A file of which nothing can
   * be read, or that cannot be written anew, is set aside.
   */
  repair(day: string, error: unknown): void {
    const entry = this.#day(day);
    this.#closeDay(day);
    this.#segments.clear();
    let kept: ReadonlyMap<number, RangeSet>;
    try {
      kept = salvage(entry.file, this.#options.agent, day, this.#options.now());
    } catch {
      setAside(entry.file, this.#options.now());
      kept = new Map();
    }
    const lost = new Map<number, RangeSet>();
    for (const [epoch, ranges] of entry.epochs) {
      const gone = without(ranges, kept.get(epoch) ?? EMPTY_RANGES);
      if (gone.length > 0) lost.set(epoch, gone);
    }
    entry.epochs.clear();
    for (const [epoch, ranges] of kept) entry.epochs.set(epoch, ranges);
    if (kept.size === 0) {
      removeDay(entry.file);
      this.#days.delete(day);
    }
    this.#stored = undefined;
    this.#options.onLoss(day, lost, error instanceof Error ? error.message : String(error));
  }

  remove(day: string): void {
    this.#closeDay(day);
    this.#segments.clear();
    removeDay(this.#day(day).file);
    this.#days.delete(day);
    this.#stored = undefined;
  }

  usage(): { readonly bytes: number; readonly days: number } {
    let bytes = 0;
    for (const { file } of this.#days.values()) bytes += dayBytes(file);
    return { bytes, days: this.#days.size };
  }

  /** Closes all files, and notes what those hold that are not written to any more. */
  close(known?: DayTable): void {
    const newest = [...this.#days.keys()].toSorted().at(-1);
    for (const day of this.#open.keys()) {
      this.#closeDay(day);
      const entry = this.#days.get(day);
      if (entry !== undefined && day !== newest && known !== undefined) this.#remember(entry, known);
    }
  }

  #remember(entry: Day, known: DayTable): void {
    this.#closeDay(entry.day);
    known.set(entry.day, stampOf(entry.file), entry.epochs);
  }

  #closeDay(day: string): void {
    const open = this.#open.get(day);
    this.#open.delete(day);
    try {
      open?.close();
    } catch {
      // A damaged file, or a full disk, may refuse even that. What was acknowledged is in the log on the disk.
    }
  }

  #dayWith(epoch: number, seq: number): Day | undefined {
    for (const day of this.#days.values()) if (hasValue(day.epochs.get(epoch) ?? EMPTY_RANGES, seq)) return day;
    return undefined;
  }

  #tryRead(day: Day, epoch: number, seq: number): DayRead {
    try {
      return this.#file(day).read(epoch, seq);
    } catch (error) {
      if (isDamage(error)) return { ok: false, reason: 'absent' };
      throw error;
    }
  }

  #day(day: string): Day {
    let entry = this.#days.get(day);
    if (entry === undefined) {
      entry = { day, file: join(this.#options.dir, `${day}.db`), epochs: new Map<number, RangeSet>() };
      this.#days.set(day, entry);
    }
    return entry;
  }

  #file({ day, file }: Day): DayFile {
    const known = this.#open.get(day);
    if (known !== undefined) {
      this.#open.delete(day);
      this.#open.set(day, known);
      return known;
    }
    for (const other of this.#open.keys()) {
      if (this.#open.size < OPEN_FILES) break;
      this.#closeDay(other);
    }
    const opened = new DayFile(file, 'FULL', this.#segments);
    this.#open.set(day, opened);
    return opened;
  }

  #lose(day: Day, keys: readonly { readonly epoch: number; readonly seq: number }[], detail: string): void {
    const lost = new Map<number, RangeSet>();
    for (const { epoch, seq } of keys) {
      const held = day.epochs.get(epoch) ?? EMPTY_RANGES;
      // What was lost before is not lost again.
      if (!hasValue(held, seq)) continue;
      day.epochs.set(epoch, without(held, [[seq, seq]]));
      lost.set(epoch, addRange(lost.get(epoch) ?? EMPTY_RANGES, seq));
    }
    this.#stored = undefined;
    try {
      for (const { epoch, seq } of keys) this.#file(day).forget(epoch, seq);
    } catch {
      // Found again at the next start, and lost again when it is read.
    }
    this.#options.onLoss(day.day, lost, detail);
  }
}

/** Tells whether a file was written to since; undefined while it has a log, or when it is not there. */
function stampOf(file: string): string | undefined {
  if (statSync(`${file}-wal`, { throwIfNoEntry: false }) !== undefined) return undefined;
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.size}/${found.mtimeMs}/${found.ino}`;
}
