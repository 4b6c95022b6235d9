/** `kaiku apply`: check catalog files, show what changes, and put it in force: now or at a time. */
import { dirname, relative, resolve } from 'node:path';
import type { Author } from '@kaiku/catalog';
import type { Broker, Installation } from '@kaiku/core';
import type { Args } from '../args.ts';
import { MOST_FILES, signedIn, wantedCatalog, withBroker } from '../catalog/installation.ts';
import { countedSeries } from '../catalog/counted-series.ts';
import { planFor } from '../catalog/plan.ts';
import { planText } from '../catalog/plan-text.ts';
import { putInForce, refuseUnapproved, type FileChange } from '../catalog/put-in-force.ts';
import { confirmed } from '../catalog/confirm.ts';
import { sealForAgents } from '../catalog/sealing.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { parseTime, utc } from '../terminal/format.ts';
import { styleFor } from '../terminal/style.ts';
import { asOption, configFile, configOption, jsonOption } from './options.ts';

export const applyCommand: Command = {
  name: 'apply',
  summary: 'check catalog files, show what changes, and put it in force',
  description: `Shows the same as kaiku plan and asks, where it runs on a terminal. Loggers, analyzers and webs take the new
catalog at once; agents are told to fetch their new plan. Nothing is changed when a file has a mistake, and nothing when
the files say what is in force. With --at the change takes effect later, at every part by itself.`,
  positionals: { usage: '[FILE...]', max: MOST_FILES },
  options: {
    config: configOption,
    reason: { type: 'text', short: 'm', value: 'TEXT', help: 'why, for the history' },
    change: { type: 'text', value: 'ID', help: 'what this change proposes, instead of files; see kaiku change' },
    at: { type: 'text', value: 'TIME', help: 'takes effect then: 2026-12-01T06:00, now+2h' },
    as: asOption,
    yes: { type: 'boolean', short: 'y', help: 'do not ask' },
    json: jsonOption,
  },
  examples: [
    ['kaiku apply -m "new switch in Oulu"', 'after editing catalog.yaml'],
    ['kaiku apply -m "moving day" --at 2026-12-01T06:00', 'in force from then on'],
    ['kaiku apply catalog.yaml discovered.yaml', 'several files as one catalog'],
  ],
  run: async (args) => {
    const effectiveAtMs = timeOf(args.text('at'));
    const wanted =
      args.text('change') === undefined ? await wantedCatalog(configFile(args), args.positionals) : undefined;
    const checked = wanted?.checked ?? (await checkInstallation(configFile(args)));
    return withBroker(checked, async (broker) => {
      const plain = !args.flag('json');
      const who = await signedIn(broker, args.text('as'));
      const at = effectiveAtMs === undefined ? {} : { effectiveAtMs };
      const change: FileChange =
        wanted === undefined
          ? await implementation(broker, who, args, effectiveAtMs)
          : { catalog: wanted.catalog, files: wanted.files, reason: args.text('reason') ?? 'kaiku apply' };
      const { catalog, warnings } = await sealForAgents(checked.installation, change.catalog, broker);
      const { report, against } = await planFor(broker, catalog, {
        atMs: effectiveAtMs,
        counted: plain ? await countedSeries(checked) : new Map(),
      });
      if (report.operations.length > 0) {
        const shown = { ...report, warnings: [...report.warnings, ...warnings] };
        if (plain) process.stdout.write(`${planText(shown, styleFor(process.stdout, process.env))}\n`);
        if (change.change === undefined) refuseUnapproved(report.approval);
        if (!args.flag('yes') && plain && !(await confirmed('apply this?'))) {
          process.stdout.write('nothing was changed\n');
          return EXIT.failed;
        }
      }
      const published = await putInForce(broker, checked.installation, {
        ...change,
        ...at,
        planned: against,
        author: who,
      });
      const { revision, changed } = published;
      const figures = { ...published, devices: catalog.devices.length, users: catalog.users.length };
      const what = changed ? 'published' : 'nothing to change; in force is';
      const text =
        published.effectiveAtMs !== undefined
          ? `scheduled for ${utc(published.effectiveAtMs)} as entry ${published.entry} of the log; in force is revision ${revision}\n`
          : `${what} revision ${revision}: ${figures.devices} devices, ${figures.users} users\n`;
      process.stdout.write(plain ? text : `${JSON.stringify(figures)}\n`);
      if (plain && changed) process.stdout.write(forgottenFiles(checked.installation, change.files));
      return EXIT.ok;
    });
  },
};

/** Files that the next `kaiku apply` without names would leave out, and so take back. */
function forgottenFiles({ catalogs, source }: Installation, files: readonly string[]): string {
  const named = new Set(catalogs);
  const others = files.map((file) => resolve(file)).filter((file) => !named.has(file));
  if (others.length === 0 || files.length <= 1) return '';
  const from = dirname(resolve(source.file));
  const all = [...new Set([...catalogs, ...others])].map((file) => relative(from, file));
  return `hint: ${source.file} does not name all these files, so kaiku apply without names would take some back; there: catalog: [${all.join(', ')}]\n`;
}

/** What a change proposes, on top of what is in force then. @throws ChangeError, UsageError, BrokerError */
async function implementation(broker: Broker, who: Author, args: Args, atMs = Date.now()): Promise<FileChange> {
  const text = args.text('change') ?? '';
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--change: "${text}" is no number`, { hint: 'kaiku change list' });
  if (args.positionals.length > 0) {
    throw new UsageError('apply: either files or --change', { hint: `kaiku change propose ${text} FILES...` });
  }
  const { implementedBy, moveChange, openCatalogBucket, readChange, readHead } = await import('@kaiku/catalog');
  let change = await readChange(broker, Number(text));
  if (change.state === 'need' || change.state === 'plan') {
    await moveChange(broker, who, { id: change.id, event: 'skip', note: args.text('reason') ?? '' });
    change = await readChange(broker, change.id);
  }
  const catalog = implementedBy(change, await readHead(await openCatalogBucket(broker)), atMs);
  return { catalog, files: [], reason: args.text('reason') ?? change.title, change: change.id };
}

/** Local time where no zone is said. @throws UsageError */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseTime(text, Date.now());
  if (ms === undefined) throw new UsageError(`--at: "${text}" is no time`, { hint: 'e.g. 2026-12-01T06:00 or now+2h' });
  if (ms < Date.now()) throw new UsageError(`--at: ${utc(ms)} is past`, { hint: 'without --at it takes effect now' });
  return ms;
}
