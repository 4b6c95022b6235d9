/**
 * Brings days into a store, from an archive or straight from another store. Per day the samples come first, then the
 * rollups are recomputed, and the ledger last: a restore that is cut leaves batches that the store does not claim to
 * have, and is simply run again.
 */
import { HOUR_MS, missing, type RangeSet } from '@kaiku/protocol';
import type { ArchivedBatches, ArchivePart, StoreArchive } from '@kaiku/store';
import { CommandError } from '../errors.ts';
import { withSeries, type ArchiveFolder } from './archive-folder.ts';
import { SERIES_DAY } from './manifest.ts';
import { emptyTally, type OnProgress, type Tally } from './tally.ts';
import { writeDay } from './write-archive.ts';

export interface DayRange {
  readonly first?: string;
  readonly last?: string;
}

const within = ({ first, last }: DayRange, day: string): boolean =>
  (first === undefined || day >= first) && (last === undefined || day <= last);

/** Where days come from. */
export interface DaySource {
  /** Days there are, ascending. */
  readonly days: readonly string[];
  /** False for a day of which the target lacks nothing. */
  needed(day: string): Promise<boolean>;
  /** Makes a day readable before its parts are asked for. */
  prepare(day: string): Promise<void>;
  /** Parts of the tables wanted, in the order of restoring. */
  parts(day: string, wanted: (table: string) => boolean): AsyncGenerator<SourcePart>;
  /** The day is restored. */
  finish(day: string): Promise<void>;
}

export type SourcePart = { readonly table: string } & Pick<ArchivePart, 'columns' | 'bytes' | 'rows'>;

const nothing = (): Promise<void> => Promise.resolve();

export function folderSource(folder: ArchiveFolder): DaySource {
  return {
    days: folder.days(),
    needed: () => Promise.resolve(true),
    prepare: nothing,
    parts: async function* (day, wanted) {
      const manifest = await folder.manifest(day);
      for (const file of manifest?.files ?? []) {
        if (wanted(file.table)) yield { ...file, bytes: await folder.readPart(day, file) };
      }
    },
    finish: nothing,
  };
}

/**
 * Another store, a day at a time through a scratch archive: the ledger is read before the samples and written
 * after them, and neither has to be held in memory.
 * @param everything also days of which the target's ledger lacks nothing
 */
export async function storeSource(
  from: StoreArchive,
  to: StoreArchive,
  { scratch, everything }: { readonly scratch: ArchiveFolder; readonly everything: boolean },
): Promise<DaySource> {
  const files = folderSource(scratch);
  await Promise.all([from.migrate(), to.migrate()]);
  const migration = await from.migration();
  return {
    days: [...(await from.days()).keys()],
    needed: async (day) => everything || lacks(await to.batches(day), await from.batches(day)),
    prepare: (day) => writeDay(from, scratch, { day, position: '', migration, store: from.name }, emptyTally()),
    parts: (day, wanted) => files.parts(day, wanted),
    finish: (day) => scratch.beginDay(day),
  };
}

/** True when `theirs` has a batch that `ours` has not. */
export function lacks(ours: readonly ArchivedBatches[], theirs: readonly ArchivedBatches[]): boolean {
  return theirs.some(({ agent, epoch, ranges }) => {
    const own: RangeSet = ours.find((each) => each.agent === agent && each.epoch === epoch)?.ranges ?? [];
    return ranges.some(([from, to]) => missing(own, from, to).length > 0);
  });
}

/** Reads every file of the days asked for and checks its hash. @throws CommandError naming the first damaged file */
export async function verifyArchive(folder: ArchiveFolder, range: DayRange, onProgress: OnProgress): Promise<Tally> {
  const tally = emptyTally();
  const days = withSeries(folder.days().filter((day) => within(range, day)));
  for (const [index, day] of days.entries()) {
    onProgress(`checking ${day}`, index / days.length);
    const manifest = await folder.manifest(day);
    if (manifest === undefined) continue;
    for (const file of manifest.files) {
      await folder.readPart(day, file);
      count(tally, file);
    }
    tally.days += 1;
  }
  onProgress('checked', 1);
  return tally;
}

/** @throws StoreError, CommandError */
export async function restoreDays(
  source: DaySource,
  target: StoreArchive,
  range: DayRange,
  onProgress: OnProgress,
): Promise<Tally> {
  const tally = emptyTally();
  const days = source.days.filter((day) => within(range, day));
  if (days.length === 0) {
    throw new CommandError('there is nothing to restore in these days', {
      hint: source.days.length === 0 ? 'the source is empty' : `it has ${source.days[0]} to ${source.days.at(-1)}`,
    });
  }
  await target.migrate();
  await source.prepare(SERIES_DAY);
  await restoreParts(source, target, { day: SERIES_DAY, wanted: () => true }, tally);
  for (const [index, day] of days.entries()) {
    if (!(await source.needed(day))) {
      tally.unchanged += 1;
      continue;
    }
    onProgress(day, index / days.length);
    await source.prepare(day);
    await restoreParts(source, target, { day, wanted: (table) => !table.startsWith('ledger') }, tally);
    await target.refine(day);
    // A batch that began on a day that is not restored would be claimed without its first samples.
    const whole = days.includes(dayBefore(day));
    const wanted = (table: string): boolean => table === 'ledger' || (table === 'ledger_spanning' && whole);
    await restoreParts(source, target, { day, wanted }, tally);
    await source.finish(day);
    tally.days += 1;
  }
  onProgress('done', 1);
  return tally;
}

const dayBefore = (day: string): string => new Date(Date.parse(day) - 24 * HOUR_MS).toISOString().slice(0, 10);

async function restoreParts(
  source: DaySource,
  target: StoreArchive,
  { day, wanted }: { readonly day: string; readonly wanted: (table: string) => boolean },
  tally: Tally,
): Promise<void> {
  for await (const part of source.parts(day, wanted)) {
    await target.write(part.table, part);
    count(tally, { rows: part.rows, bytes: part.bytes.length });
  }
}

function count(tally: Tally, { rows, bytes }: { readonly rows: number; readonly bytes: number }): void {
  tally.files += 1;
  tally.rows += rows;
  tally.bytes += bytes;
}
