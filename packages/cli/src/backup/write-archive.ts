/** Reads a store into an archive, day by day; days whose position is unchanged are left as they are. */
import type { StoreArchive } from '@kaiku/store';
import type { ArchiveFolder } from './archive-folder.ts';
import { SERIES_DAY, VERSION, type ArchiveFile, type DayManifest } from './manifest.ts';
import { emptyTally, type OnProgress, type Tally } from './tally.ts';

export interface WriteOptions {
  /** First day, `2026-11-22`; undefined for all. */
  readonly since?: string | undefined;
  readonly onProgress: OnProgress;
}

/** @throws StoreError, CommandError */
export async function writeArchive(
  store: StoreArchive,
  folder: ArchiveFolder,
  { since, onProgress }: WriteOptions,
): Promise<Tally> {
  const tally = emptyTally();
  // A store of an older version lacks columns that are read here; a new one has nothing yet.
  await store.migrate();
  const migration = await store.migration();
  const positions = await store.days();
  const days = [...positions].filter(([day]) => since === undefined || day >= since);
  const all: readonly (readonly [day: string, position: string])[] = [
    [SERIES_DAY, await store.seriesPosition()],
    ...days,
  ];
  for (const [index, [day, position]] of all.entries()) {
    const before = await folder.manifest(day);
    if (before?.position === position && before.v === VERSION) {
      tally.unchanged += 1;
    } else {
      onProgress(day, index / all.length);
      await writeDay(store, folder, { day, position, migration, store: store.name }, tally);
    }
  }
  onProgress('done', 1);
  return tally;
}

type Head = Pick<DayManifest, 'day' | 'position' | 'migration' | 'store'>;

/** Writes one day whole, over what was there of it. */
export async function writeDay(store: StoreArchive, folder: ArchiveFolder, head: Head, tally: Tally): Promise<void> {
  const { day } = head;
  await folder.beginDay(day);
  const byTable = new Map<string, ArchiveFile[]>();
  const tables = day === SERIES_DAY ? ['series'] : store.tables;
  const batches = day === SERIES_DAY ? [] : await store.batches(day);
  // The ledger first: whatever it names is in the tables that are read after it.
  for (const table of tables.toReversed()) {
    const files: ArchiveFile[] = [];
    for await (const part of store.read(table, day)) {
      const file = await folder.writePart(day, table, files.length, part);
      files.push(file);
      tally.files += 1;
      tally.rows += file.rows;
      tally.bytes += file.bytes;
    }
    byTable.set(table, files);
  }
  await folder.writeManifest({
    format: 'kaiku-backup',
    v: VERSION,
    ...head,
    writtenMs: Date.now(),
    batches: batches.map(({ agent, epoch, ranges }) => ({
      agent,
      epoch,
      ranges: ranges.map(([from, to]) => [from, to]),
    })),
    files: tables.flatMap((table) => byTable.get(table) ?? []),
  });
  tally.days += 1;
}
