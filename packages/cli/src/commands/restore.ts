/** `kaiku restore`: days of a backup, or of another store, into a store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { createProgress } from '../terminal/progress.ts';
import type { OnProgress, Tally } from '../backup/tally.ts';
import { configFile, configOption, jsonOption } from './options.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'bring days of a backup, or of another store, into a store',
  description: `Every file of the days asked for is checked before the first row is written. What the store has already stays, and
what is restored twice is there once, so that a restore that was interrupted is simply called again. The store and its
logger may go on working: the loggers are told to read the ledger again at the end.
With --from-store only days of which the store lacks a batch are copied; --all copies the others too.`,
  options: {
    config: configOption,
    store: { type: 'text', value: 'NAME', help: 'which store to write' },
    from: { type: 'text', value: 'DIR', help: 'a folder written by kaiku backup' },
    'from-store': { type: 'text', value: 'NAME', help: 'another store, instead of a folder' },
    days: { type: 'text', value: 'A..B', help: 'only these days, e.g. 2026-11-01..2026-11-05, or one day' },
    all: { type: 'boolean', help: 'with --from-store: also days of which no batch is missing' },
    json: jsonOption,
  },
  examples: [
    ['kaiku restore --store store-1 --from /backup/store-1', 'all days of the folder'],
    ['kaiku restore --store store-1 --from-store store-2 --days 2026-01-01..', 'what the agents do not have any more'],
  ],
  run: async (args) => {
    const { archiveOf, dayRange, needed, tallyText } = await import('../backup/options.ts');
    const range = dayRange(args);
    const name = needed(args, 'store', 'name the store to write, e.g. --store store-1');
    const checked = await checkInstallation(configFile(args));
    const target = archiveOf(checked, name);
    const progress = createProgress(process.stderr);
    try {
      const tally = await restore({
        args,
        checked,
        target,
        range,
        onProgress: (what, share) => progress.show(what, share),
      });
      progress.end();
      const told = await tellLoggers(checked, name);
      const note = told
        ? ''
        : 'The broker does not answer: loggers of this store see it when they next read the ledger.\n';
      process.stdout.write(args.flag('json') ? `${JSON.stringify(tally)}\n` : tallyText(tally, 'restored') + note);
    } finally {
      progress.end();
      await target.close();
    }
    return EXIT.ok;
  },
};

interface Job {
  readonly args: Args;
  readonly checked: CheckedInstallation;
  readonly target: Awaited<ReturnType<typeof archive>>;
  readonly range: { readonly first?: string; readonly last?: string };
  readonly onProgress: OnProgress;
}

const archive = async (checked: CheckedInstallation, name: string) =>
  (await import('../backup/options.ts')).archiveOf(checked, name);

async function restore({ args, checked, target, range, onProgress }: Job): Promise<Tally> {
  const { folderSource, restoreDays, storeSource, verifyArchive } = await import('../backup/restore-archive.ts');
  const { ArchiveFolder } = await import('../backup/archive-folder.ts');
  const [path, other] = [args.text('from'), args.text('from-store')];
  if ((path === undefined) === (other === undefined)) {
    throw new UsageError('name one source: --from DIR or --from-store NAME', {
      hint: 'a folder written by kaiku backup, or another store of the file',
    });
  }
  if (path !== undefined) {
    const folder = await ArchiveFolder.open(path);
    await verifyArchive(folder, range, onProgress);
    return restoreDays(folderSource(folder), target, range, onProgress);
  }
  if (other === target.name)
    throw new UsageError(`${other} cannot be restored from itself`, { hint: 'name another store' });
  const from = await archive(checked, other ?? '');
  const place = await mkdtemp(join(tmpdir(), 'kaiku-restore-'));
  try {
    const scratch = await ArchiveFolder.create(place, from.name);
    const source = await storeSource(from, target, { scratch, everything: args.flag('all') });
    return await restoreDays(source, target, range, onProgress);
  } finally {
    await rm(place, { recursive: true, force: true });
    await from.close();
  }
}

const CONNECT_MS = 3000;

/** The loggers that write this store read its ledger again. False when the broker does not answer. */
async function tellLoggers({ installation, entries }: CheckedInstallation, store: string): Promise<boolean> {
  const { encode, subjects } = await import('@kaiku/protocol');
  const { connectWithin } = await import('../status/collect.ts');
  const broker = await connectWithin(installation, CONNECT_MS);
  if (broker === undefined) return false;
  try {
    for (const { role, name, entry } of entries) {
      if (role === 'logger' && entry['store'] === store)
        broker.publish(subjects.loggerCommand(name), encode({ v: 1, command: 'audit' }));
    }
  } finally {
    await broker.close();
  }
  return true;
}
