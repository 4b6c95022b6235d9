/**
 * Packs hours that are over: the envelopes of an hour are put together to segments of a fraction of their size, and the
 * pages that become free are given back. An hour at a time, in small steps between which everything else goes on; the work itself is done
 * by another thread.
 *
 * ```
 *  hour over, most of it published (or six hours ago) ─▶ envelopes ─▶ packer ─▶ proven segment ─▶ one transaction
 *  day over, nothing left to pack ─▶ free pages back to the disk
 * ```
 *
 * Invariants: a segment stands in the place of envelopes only when every batch in it came back bit for bit; the change is one
 * transaction with synchronous=FULL, so after a crash either is there. What cannot be packed (batches of version 1)
 * stays as it is. A disk without room, or one that fails, leaves everything as it was.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { EMPTY_RANGES, hasValue, HOUR_MS, versionOf, type RangeSet } from '@kaiku/protocol';
import { isDamage, type Disk } from './database.ts';
import type { DayFile, LooseKey } from './day-file.ts';
import type { DayFiles } from './day-files.ts';
import { dayOf } from './retention.ts';
import type { Packer } from './segment/pack.ts';

/** What the live lane still has in hand when an hour ends. */
const GRACE_MS = 5 * 60_000;
/** After this long an hour is packed although the broker lacks it: the office may be cut off for months. */
const PATIENCE_MS = 6 * HOUR_MS;
const MOST_UNPUBLISHED = 0.05;
/** An hour for which there was no room, or whose packing failed, is tried again after this. */
const RETRY_MS = HOUR_MS;
/** Content of a segment: whoever reads one batch of it holds all of it in memory. */
const SEGMENT_CONTENT_BYTES = 16 * 1024 * 1024;
/** What an envelope's content comes to, about: frames say it, but are not asked for it here. */
const CONTENT_PER_BYTE = 2.8;
const SEGMENT_BATCHES = 1800;
/** Read at once: some 5 ms. */
const STEP_BATCHES = 100;
/** Given back at once: a megabyte. */
const STEP_PAGES = 256;
/** Beside the segment itself: the log holds it once more, and the pages it changes. */
const ROOM_BYTES = 16 * 1024 * 1024;

export interface CompactionOptions {
  readonly days: DayFiles;
  readonly published: () => ReadonlyMap<number, RangeSet>;
  readonly now: () => number;
  readonly disk: Disk;
  readonly dir: string;
  readonly pack: Packer;
}

export interface Compacted {
  readonly day: string;
  readonly batches: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export class Compaction {
  readonly #options: CompactionOptions;
  /** Days in which nothing is left to do. */
  readonly #doneDays = new Set<string>();
  /** Hours that were tried, and when they may be tried again, ms since 1970. */
  readonly #tried = new Map<number, number>();
  #stopped = false;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /** A batch was sealed into this hour. */
  changed(sealedMs: number): void {
    if (this.#doneDays.size > 0) this.#doneDays.delete(dayOf(sealedMs));
    if (this.#tried.size > 0) this.#tried.delete(hourOf(sealedMs));
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * Packs one hour, the newest first; on the way gives back what is free in days that are over.
   * @returns what was packed; undefined when there is nothing to do now
   * @throws what the database or the packer throws; everything is as it was then, and the hour is left alone for a while
   */
  async step(): Promise<Compacted | undefined> {
    const names = this.#options.days.days().map(({ day }) => day);
    for (const day of names.toSorted().toReversed()) {
      if (this.#stopped) return undefined;
      if (this.#doneDays.has(day)) continue;
      try {
        const done = await this.#stepIn(day);
        if (done !== undefined) return done;
      } catch (error) {
        if (this.#stopped) return undefined;
        if (!isDamage(error)) throw error;
        this.#options.days.repair(day, error);
      }
      await pause();
    }
    return undefined;
  }

  async #stepIn(day: string): Promise<Compacted | undefined> {
    const nowMs = this.#options.now();
    const loose = this.#options.days.fileOf(day)?.looseHours() ?? [];
    const open = loose.filter((hourMs) => nowMs >= (this.#tried.get(hourMs) ?? -Infinity));
    const hourMs = open.findLast((each) => this.#isOver(each) && this.#isPublished(day, each));
    if (hourMs !== undefined) return this.#packHour(day, hourMs);
    if (day >= dayOf(nowMs)) return undefined;
    await this.#reclaim(day);
    // What was tried in vain is looked at again with the next start, what may succeed later sooner.
    if (loose.every((each) => this.#tried.get(each) === Infinity)) this.#doneDays.add(day);
    return undefined;
  }

  #isOver(hourMs: number): boolean {
    return hourMs + HOUR_MS + GRACE_MS <= this.#options.now();
  }

  #isPublished(day: string, hourMs: number): boolean {
    if (hourMs + PATIENCE_MS <= this.#options.now()) return true;
    const keys = this.#options.days.fileOf(day)?.looseKeys(hourMs) ?? [];
    const published = this.#options.published();
    const waiting = keys.filter(({ epoch, seq }) => !hasValue(published.get(epoch) ?? EMPTY_RANGES, seq));
    return waiting.length <= keys.length * MOST_UNPUBLISHED;
  }

  /** undefined when nothing of it could be packed. */
  async #packHour(day: string, hourMs: number): Promise<Compacted | undefined> {
    this.#tried.set(hourMs, this.#options.now() + RETRY_MS);
    const file = (): DayFile | undefined => (this.#stopped ? undefined : this.#options.days.fileOf(day));
    const keys = file()?.looseKeys(hourMs) ?? [];
    if (!this.#worthIt(file(), keys)) {
      this.#tried.set(hourMs, Infinity);
      return undefined;
    }
    let room = true;
    const sum = { day, batches: 0, bytesBefore: 0, bytesAfter: 0 };
    for (let from = 0; from < keys.length;) {
      const part = await this.#read(file, keys, from);
      from = part.next;
      const packed = part.envelopes.length < 2 ? undefined : await this.#options.pack(part.envelopes);
      const into = file();
      if (packed === undefined || into === undefined) continue;
      const before = packed.included.reduce((bytes, index) => bytes + (part.envelopes[index]?.length ?? 0), 0);
      room &&= this.#hasRoom(packed.segment.length);
      if (packed.segment.length >= before || !room) continue;
      const included = packed.included.flatMap((index) => part.keys[index] ?? []);
      this.#replace(day, into, packed.segment, included);
      sum.batches += included.length;
      sum.bytesBefore += before;
      sum.bytesAfter += packed.segment.length;
    }
    // Done, until something is sealed into it.
    if (room && !this.#stopped) this.#tried.set(hourMs, Infinity);
    return sum.batches > 0 ? sum : undefined;
  }

  /** Batches of version 1 are not packed: the first and the last of an hour tell for all. */
  #worthIt(file: DayFile | undefined, keys: readonly LooseKey[]): boolean {
    const ends = [keys[0], keys.at(-1)].map((key) => (key === undefined ? undefined : file?.envelope(key.id)));
    return ends.some((bytes) => bytes !== undefined && versionOf(bytes) === 2);
  }

  /** Envelopes of version 2 for one segment. */
  async #read(
    file: () => DayFile | undefined,
    all: readonly LooseKey[],
    from: number,
  ): Promise<{ readonly envelopes: readonly Uint8Array[]; readonly keys: readonly LooseKey[]; readonly next: number }> {
    const envelopes: Uint8Array[] = [];
    const keys: LooseKey[] = [];
    let bytes = 0;
    let next = from;
    while (next < all.length && envelopes.length < SEGMENT_BATCHES) {
      const key = all[next];
      const envelope = key === undefined ? undefined : file()?.envelope(key.id);
      const size = (envelope?.length ?? 0) * CONTENT_PER_BYTE;
      if (envelopes.length > 0 && bytes + size > SEGMENT_CONTENT_BYTES) break;
      next += 1;
      if (next % STEP_BATCHES === 0) await pause();
      if (key === undefined || envelope === undefined || versionOf(envelope) !== 2) continue;
      envelopes.push(envelope);
      keys.push(key);
      bytes += size;
    }
    return { envelopes, keys, next };
  }

  #hasRoom(bytes: number): boolean {
    return this.#options.disk.freeBytes(this.#options.dir) >= bytes * 2 + ROOM_BYTES;
  }

  #replace(day: string, file: DayFile, segment: Uint8Array, keys: readonly LooseKey[]): void {
    try {
      this.#options.disk.beforeWrite('day');
      file.replace(segment, keys);
    } catch (error) {
      this.#options.days.reopen(day);
      throw error;
    }
  }

  async #reclaim(day: string): Promise<void> {
    try {
      while (!this.#stopped && this.#options.days.fileOf(day)?.reclaim(STEP_PAGES) === true) await pause();
    } catch (error) {
      this.#options.days.reopen(day);
      throw error;
    }
  }
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}
