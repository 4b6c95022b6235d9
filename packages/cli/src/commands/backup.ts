/** `kaiku backup`: a store's days as files, or a check of such files. */
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { createProgress } from '../terminal/progress.ts';
import { configFile, configOption, jsonOption } from './options.ts';

export const backupCommand: Command = {
  name: 'backup',
  summary: 'write a store into a folder, day by day, or check such a folder',
  description: `Writes each day of the store that changed since the last backup into the folder; other days are left as they are,
so that a backup that was interrupted goes on when it is called again. The store goes on working meanwhile.
With --verify nothing is read from a store: every file of the folder is read and its hash checked.`,
  options: {
    config: configOption,
    store: { type: 'text', value: 'NAME', help: 'which store' },
    to: { type: 'text', value: 'DIR', help: 'the folder: new, empty, or an earlier backup of this store' },
    since: { type: 'text', value: 'DAY', help: 'only from this day on, e.g. 2026-11-01' },
    verify: { type: 'boolean', help: 'check the folder instead' },
    json: jsonOption,
  },
  examples: [
    ['kaiku backup --store store-1 --to /backup/store-1', 'all days at first, then those that changed'],
    ['kaiku backup --to /backup/store-1 --verify', 'is every file as it was written?'],
  ],
  run: async (args) => {
    const { archiveOf, dayOption, needed, tallyText } = await import('../backup/options.ts');
    const { ArchiveFolder } = await import('../backup/archive-folder.ts');
    const path = needed(args, 'to', 'name the folder, e.g. --to /backup/store-1');
    const since = dayOption(args, 'since');
    const progress = createProgress(process.stderr);
    const onProgress = (what: string, share: number): void => progress.show(what, share);
    const print = (tally: object, text: string): void => {
      progress.end();
      process.stdout.write(args.flag('json') ? `${JSON.stringify(tally)}\n` : text);
    };
    if (args.flag('verify')) {
      const { verifyArchive } = await import('../backup/restore-archive.ts');
      const range = since === undefined ? {} : { first: since };
      const tally = await verifyArchive(await ArchiveFolder.open(path), range, onProgress);
      print(tally, tallyText(tally, 'checked'));
      return EXIT.ok;
    }
    const name = needed(args, 'store', 'name the store, e.g. --store store-1');
    const store = archiveOf(await checkInstallation(configFile(args)), name);
    try {
      const { writeArchive } = await import('../backup/write-archive.ts');
      const tally = await writeArchive(store, await ArchiveFolder.create(path, name), { since, onProgress });
      print(tally, tallyText(tally, 'written'));
    } finally {
      await store.close();
    }
    return EXIT.ok;
  },
};
