/** The buffer's share of the disk: what is used, how long the rest lasts, and which days are given up for age or for room. */
import type { Disk } from './database.ts';
import { dayBytes } from './day-file.ts';
import type { DayFiles } from './day-files.ts';
import type { EpochKeeper } from './epoch-keeper.ts';
import { clearDamaged } from './folder.ts';
import { DAY_MS, dayOf, daysToDrop, lackedBySomebody, type DayUse, type DroppedDay } from './retention.ts';
import type { StateFile } from './state-file.ts';

const MAX_DISK_PERCENT = 20;
const MAX_DAYS = 90;

export interface SpaceOptions {
  readonly dir: string;
  readonly maxDays?: number;
  readonly maxDiskPercent?: number;
  readonly days: DayFiles;
  readonly keeper: EpochKeeper;
  readonly state: StateFile;
  readonly disk: Disk;
  readonly now: () => number;
  readonly onDropped: (day: string, bytes: number, unacknowledged: number) => void;
}

export interface BufferUsage {
  readonly bytes: number;
  readonly days: number;
  /** How long what is left of its share lasts at the pace of the days so far; null before there is a pace. */
  readonly daysLeft: number | null;
}

export class BufferSpace {
  readonly #options: SpaceOptions;

  constructor(options: SpaceOptions) {
    this.#options = options;
  }

  usage(): BufferUsage {
    const { days: files, disk, dir } = this.#options;
    const { bytes, days } = files.usage();
    const left = Math.min(this.#mostBytes() - bytes, disk.freeBytes(dir));
    const perDay = days === 0 ? 0 : bytes / days;
    return { bytes, days, daysLeft: perDay === 0 ? null : Math.max(0, left) / perDay };
  }

  /** Deletes days past their age or beyond the disk share, oldest first. */
  prune(trustedMs: number): void {
    const { now, maxDays = MAX_DAYS, keeper, dir } = this.#options;
    const nowMs = now();
    const oldestDay = dayOf(Math.max(0, Math.min(nowMs, trustedMs) - maxDays * DAY_MS));
    const dropped = daysToDrop(this.#uses(), { today: dayOf(nowMs), oldestDay, maxBytes: this.#mostBytes() });
    for (const each of dropped) this.#drop(each);
    if (dropped.length === 0) return;
    keeper.forget();
    clearDamaged(dir);
  }

  /** Makes room on a full disk: the oldest day that every logger has. False when there is none. */
  make(): boolean {
    const today = dayOf(this.#options.now());
    const victim = this.#uses()
      .filter(({ day, acknowledged }) => acknowledged && day !== today)
      .toSorted((a, b) => (a.day < b.day ? -1 : 1))[0];
    if (victim === undefined) return false;
    this.#drop({ ...victim, reason: 'space' });
    return true;
  }

  #mostBytes(): number {
    const { disk, dir, maxDiskPercent = MAX_DISK_PERCENT } = this.#options;
    return (disk.totalBytes(dir) * maxDiskPercent) / 100;
  }

  #uses(): readonly DayUse[] {
    const { now, days, keeper, state } = this.#options;
    const nowMs = now();
    return days.days().map(({ day, file, epochs }): DayUse => {
      const free = new Map([...epochs].filter(([epoch]) => !keeper.isContested(epoch)));
      const lacked = lackedBySomebody(free, state.loggers, nowMs);
      const writtenMs = state.days.writtenMs(day);
      // A clock that had jumped back named the file: its age is that of its writing.
      const agesFrom = writtenMs === undefined || dayOf(writtenMs) < day ? day : dayOf(writtenMs);
      return { day, bytes: dayBytes(file), lacked, acknowledged: lacked === 0, agesFrom };
    });
  }

  #drop({ day, bytes, reason, lacked }: DroppedDay): void {
    const { days, keeper, state, onDropped } = this.#options;
    const epochs = new Map(days.days().find((each) => each.day === day)?.epochs);
    days.remove(day);
    keeper.lose(day, reason, epochs);
    try {
      state.days.forget(day);
    } catch {
      // A full disk; the file is gone, so the line about it does no harm.
    }
    onDropped(day, bytes, lacked);
  }
}
