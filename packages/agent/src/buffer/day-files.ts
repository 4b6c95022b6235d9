/**
 * The buffer's days: which there are, what each holds, and the few that are open. Knows files, not epochs'
 * meaning: the buffer decides what a loss or damage means and is told of each through `onLoss`.
 */
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { addAll, addRange, EMPTY_RANGES, hasValue, highest, missing, type RangeSet } from '@kaiku/protocol';
import { isDamage, isLocked } from './database.ts';
import { DayFile, dayBytes, removeDay, type BatchHash, type BatchRow } from './day-file.ts';
import { dayOf } from './retention.ts';

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
  readonly now: () => number;
  /** Batches that can no longer be read, and why. */
  readonly onLoss: (day: string, epochs: ReadonlyMap<number, RangeSet>, detail: string) => void;
}

export class DayFiles {
  readonly #options: DayFilesOptions;
  readonly #days = new Map<string, Day>();
  /** Open files, least recently used first. */
  readonly #open = new Map<string, DayFile>();

  constructor(options: DayFilesOptions) {
    this.#options = options;
  }

  /**
   * Reads what every day holds. A file that cannot be read is set aside.
   * @returns whether there was one
   */
  load(): boolean {
    let damaged = false;
    const days = readdirSync(this.#options.dir).flatMap((name) => DAY_NAME.exec(name)?.[1] ?? []);
    days.sort();
    for (const day of days) {
      const entry = this.#day(day);
      try {
        const file = this.#file(entry);
        // Only the newest file can have been cut short by a crash; a walk of all 90 would take minutes.
        if (day === days.at(-1) && !file.sound()) throw new Error('integrity check failed');
        for (const [epoch, ranges] of file.ranges()) entry.epochs.set(epoch, ranges);
      } catch (error) {
        if (isLocked(error)) throw error;
        this.setAside(day, error);
        damaged = true;
      }
    }
    return damaged;
  }

  insert(day: string, row: BatchRow, bulk: boolean): void {
    const entry = this.#day(day);
    const file = this.#file(entry);
    if (bulk) file.beginBulk();
    file.insert(row);
    entry.epochs.set(row.epoch, addRange(entry.epochs.get(row.epoch) ?? EMPTY_RANGES, row.seq));
  }

  endBulk(): void {
    for (const file of this.#open.values()) file.endBulk();
  }

  /** A batch's envelope, its hash checked; undefined when it is gone. Damage is reported as a loss. */
  read(epoch: number, seq: number): Uint8Array | undefined {
    for (const day of this.#days.values()) {
      if (!hasValue(day.epochs.get(epoch) ?? EMPTY_RANGES, seq)) continue;
      try {
        const read = this.#file(day).read(epoch, seq);
        if (read.ok) return read.bytes;
        this.#lose(day, epoch, seq, `batch ${epoch}/${seq} is ${read.reason}`);
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.setAside(day.day, error);
      }
      return undefined;
    }
    return undefined;
  }

  /** Sequence number and hash of the batches of an epoch sealed in [fromMs, toMs), at most a day. */
  hashes(epoch: number, fromMs: number, toMs: number): readonly BatchHash[] {
    const out: BatchHash[] = [];
    for (const name of new Set([dayOf(fromMs), dayOf(toMs - 1)])) {
      const day = this.#days.get(name);
      const held = day?.epochs.get(epoch);
      if (day === undefined || held === undefined) continue;
      try {
        out.push(
          ...this.#file(day)
            .hashes(epoch, fromMs, toMs)
            .filter(({ seq }) => hasValue(held, seq)),
        );
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.setAside(name, error);
      }
    }
    return out;
  }

  days(): readonly Day[] {
    return [...this.#days.values()];
  }

  /** What all days hold, by epoch. */
  stored(): Map<number, RangeSet> {
    const out = new Map<number, RangeSet>();
    for (const { epochs } of this.#days.values()) {
      for (const [epoch, ranges] of epochs) out.set(epoch, addAll(out.get(epoch) ?? EMPTY_RANGES, ranges));
    }
    return out;
  }

  /** Moves a file that cannot be trusted out of the way; what it held is lost. */
  setAside(day: string, error: unknown): void {
    const { file, epochs } = this.#day(day);
    const open = this.#open.get(day);
    this.#open.delete(day);
    try {
      open?.close();
    } catch {
      // A damaged file may refuse even that; it is moved away just the same.
    }
    renameSync(file, `${file}.damaged-${this.#options.now()}`);
    removeDay(file);
    this.#days.delete(day);
    this.#options.onLoss(day, epochs, error instanceof Error ? error.message : String(error));
  }

  remove(day: string): void {
    this.#open.get(day)?.close();
    this.#open.delete(day);
    removeDay(this.#day(day).file);
    this.#days.delete(day);
  }

  usage(): { readonly bytes: number; readonly days: number } {
    let bytes = 0;
    for (const { file } of this.#days.values()) bytes += dayBytes(file);
    return { bytes, days: this.#days.size };
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
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
    for (const [other, oldest] of this.#open) {
      if (this.#open.size < OPEN_FILES) break;
      this.#open.delete(other);
      oldest.close();
    }
    const opened = new DayFile(file, 'FULL');
    this.#open.set(day, opened);
    return opened;
  }

  #lose({ day, epochs }: Day, epoch: number, seq: number, detail: string): void {
    const held = epochs.get(epoch) ?? EMPTY_RANGES;
    const holes = missing(held, 1, highest(held));
    epochs.set(epoch, missing(addRange(holes, seq), 1, highest(held)));
    this.#options.onLoss(day, new Map([[epoch, [[seq, seq]]]]), detail);
  }
}
