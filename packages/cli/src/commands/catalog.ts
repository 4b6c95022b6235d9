/** `kaiku catalog`: what is in force, or was, and how it came about. */
import type { CatalogData } from '@kaiku/catalog';
import type { Broker } from '@kaiku/core';
import type { Args } from '../args.ts';
import { withBroker } from '../catalog/installation.ts';
import { logTable } from '../catalog/log-text.ts';
import { changesText } from '../catalog/plan-text.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { parseTime, utc } from '../terminal/format.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const ACTIONS = ['show', 'log', 'diff', 'export', 'restore'];
const MOST_FILES = 20;

export const catalogCommand: Command = {
  name: 'catalog',
  summary: 'show the catalog in force, or as known at any time, and the log of its changes',
  description: `  show                what is in force, as a catalog file; with --at what was then, or will be
  log                 every change: who, when, why, and from when on
  diff A [B]          what changed from A to B: revisions or times; B is what is in force, unless given
  export              the devices as CSV, as kaiku import reads it
  restore FILE...     put archived changes back beside a broker's that lost its data: a logger's catalog-log.jsonl

A revision is a number, a time like 2026-11-22T08:00 or now-7d.`,
  positionals: { usage: 'show|log|diff|export|restore [A] [B]', max: MOST_FILES },
  options: {
    config: configOption,
    at: { type: 'text', value: 'TIME', help: 'show, export: as known at that time, or the number of a revision' },
    last: { type: 'number', value: 'N', help: 'log: only so many of the newest entries' },
    json: jsonOption,
  },
  examples: [
    ['kaiku catalog log', 'who changed what, and why'],
    ['kaiku catalog show --at 2026-11-01T00:00 > november.yaml', 'what was in force then'],
    ['kaiku catalog diff now-7d', 'what changed within a week'],
  ],
  run: async (args) => {
    const [action = ''] = args.positionals;
    if (!ACTIONS.includes(action)) {
      throw new UsageError('catalog: say what to show', { hint: `one of: ${ACTIONS.join(', ')}` });
    }
    const checked = await checkInstallation(configFile(args));
    return withBroker(checked, async (broker) => {
      const text = await answer(broker, action, args);
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
      return EXIT.ok;
    });
  },
};

async function answer(broker: Broker, action: string, args: Args): Promise<string> {
  const [, first, second] = args.positionals;
  const json = args.flag('json');
  const nowMs = Date.now();
  switch (action) {
    case 'log': {
      const { readCatalogLogs, revisionsOf } = await import('@kaiku/catalog');
      const logs = await readCatalogLogs(broker);
      if (json)
        return JSON.stringify({
          logs: logs.map(({ id, entries }) => ({ id, entries: entries.map(({ raw }) => raw) })),
        });
      return logTable(logs, {
        revisionsOf: (entries) => revisionsOf(entries, nowMs),
        nowMs,
        last: args.number('last'),
      });
    }
    case 'diff': {
      if (first === undefined)
        throw new UsageError('catalog diff: say from what', { hint: 'kaiku catalog diff now-7d' });
      const { diffCatalogs, differenceOf } = await import('@kaiku/catalog');
      const [before, after] = [await dataAt(broker, first), await dataAt(broker, second ?? 'now')];
      const changes = differenceOf(before, diffCatalogs(before, after));
      if (json) return JSON.stringify({ changes });
      return changes.length === 0 ? 'the same' : changesText(changes, styleFor(process.stdout, process.env), true);
    }
    case 'export': {
      const { devicesAsCsv } = await import('../catalog/device-csv.ts');
      const { catalogSchema } = await import('@kaiku/catalog');
      return devicesAsCsv(catalogSchema.parse(await dataAt(broker, args.text('at') ?? 'now')).devices);
    }
    case 'restore':
      return restore(broker, args.positionals.slice(1));
    default: {
      const data = await dataAt(broker, args.text('at') ?? 'now');
      const { formatYaml } = await import('@kaiku/core');
      return json ? JSON.stringify(data) : formatYaml(withoutEmpty(data));
    }
  }
}

/** Parts without entries say nothing. */
const withoutEmpty = (data: CatalogData): CatalogData =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));

/** The catalog of a revision, or as known at a time. @throws UsageError, CommandError */
async function dataAt(broker: Broker, reference: string): Promise<CatalogData> {
  const { inForceAt, openCatalogBucket, readCatalogLogs, readHead, replay, statesOf } = await import('@kaiku/catalog');
  const nowMs = Date.now();
  const { state, log } = await readHead(await openCatalogBucket(broker));
  if (reference === 'now') {
    const { data, revision } = inForceAt(state, nowMs);
    if (revision === 0) throw new CommandError('no catalog is in force', { hint: 'kaiku apply puts one there' });
    return data;
  }
  if (/^\d{1,9}$/.test(reference)) {
    const logs = await readCatalogLogs(broker);
    const entries = logs.find(({ id }) => id === log?.id)?.entries ?? [];
    for (const { revision, data } of statesOf(entries, nowMs)) if (revision === Number(reference)) return data;
    throw new CommandError(`there is no revision ${reference}`, { hint: 'kaiku catalog log shows them' });
  }
  const atMs = parseTime(reference, nowMs);
  if (atMs === undefined) {
    throw new UsageError(`"${reference}" is no revision and no time`, { hint: 'e.g. 12, now-7d, 2026-11-22T08:00' });
  }
  if (atMs >= nowMs) return inForceAt(state, atMs).data;
  const known = (await readCatalogLogs(broker)).findLast(({ entries }) => (entries[0]?.atMs ?? Infinity) <= atMs);
  if (known === undefined) {
    throw new CommandError(`nothing is known of ${utc(atMs)}`, {
      hint: 'the log begins later; kaiku catalog restore puts an archived one back',
    });
  }
  return replay(known.entries, atMs).data;
}

async function restore(broker: Broker, files: readonly string[]): Promise<string> {
  if (files.length === 0) throw new UsageError('catalog restore: say which archive', { hint: 'a catalog-log.jsonl' });
  const { readArchive, restoreLogs } = await import('@kaiku/catalog');
  const lines: string[] = [];
  for (const file of files) {
    const { restored, inForce } = await restoreLogs(broker, readArchive(file));
    lines.push(`${file}: ${restored} entries put back${inForce ? ', the last of them in force' : ''}`);
  }
  return lines.join('\n');
}
