/** `kaiku templates`: what kinds of devices are known, and what each is asked. */
import type * as Library from '@kaiku/catalog';
import type { Catalog, Match, Proof, Template } from '@kaiku/catalog';
import { existsSync, readFileSync } from 'node:fs';
import type { Args } from '../args.ts';
import { describeError } from '@kaiku/core';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { accessOptions, deviceAccess } from '../record/device-access.ts';
import type { Trial } from '../record/trial.ts';
import { trialText } from '../record/trial-text.ts';
import { styleFor, type Style } from '../terminal/style.ts';
import { jsonOption } from './options.ts';

type Own = Pick<Catalog, 'templates' | 'metrics' | 'facts' | 'tables'>;

const NOTHING_OWN: Own = { templates: [], metrics: [], facts: [], tables: [] };
const PAGES = ['templates', 'metrics'] as const;
const MOST_PROBLEMS = 5;

export const templatesCommand: Command = {
  name: 'templates',
  summary: 'list the kinds of devices that are known, or show what one is asked',
  description: `Without ID: every template, by kind of device. With ID: that one with everything it inherits: what is asked
and how often, what raises an alarm, what is drawn, and by what discovery knows the device. With --config, a
catalog's own templates count, too.

--try polls a device, or a recording of one (kaiku record), as an agent would: which template fits and why, which metrics have
values and in what unit, which have none, which alarms would stand. With ID that template is tried.`,
  positionals: { usage: '[ID]', max: 1 },
  options: {
    config: { type: 'text', short: 'c', value: 'FILE', help: "an installation whose catalog's templates count, too" },
    try: { type: 'text', short: 't', value: 'FILE|ADDRESS', help: 'try the template that fits, or ID, on this device' },
    ...accessOptions,
    page: { type: 'text', value: 'NAME', help: `write a page of the documentation: ${PAGES.join(' or ')}` },
    json: jsonOption,
  },
  examples: [
    ['kaiku templates', 'what there is'],
    ['kaiku templates cisco-switch', 'what a Cisco switch is asked'],
    ['kaiku templates ups --json', 'for programs'],
    ['kaiku templates --try 10.1.0.1 --community public', 'what Kaiku finds on this device'],
    ['kaiku templates my-switch -c kaiku.yaml --try 10.1.0.1.snmprec', 'a template of your own on a recording'],
    ['kaiku templates --page templates > docs/templates.md', 'after a change of the library'],
  ],
  run: async (args) => {
    const library = await import('@kaiku/catalog');
    const page = args.text('page');
    if (page !== undefined) {
      process.stdout.write(pageText(library, page));
      return EXIT.ok;
    }
    const config = args.text('config');
    const own = config === undefined ? NOTHING_OWN : ((await checkInstallation(config)).catalog ?? NOTHING_OWN);
    const [id] = args.positionals;
    const style = styleFor(process.stdout, process.env);
    const device = args.text('try');
    if (device !== undefined) {
      const trial = await tried(args, own, device, id);
      process.stdout.write(args.flag('json') ? `${JSON.stringify(trial)}\n` : trialText(trial, style));
      return EXIT.ok;
    }
    if (id !== undefined) {
      const template = library.resolveTemplate(own, id);
      process.stdout.write(args.flag('json') ? `${JSON.stringify(template)}\n` : shown(library, own, template, style));
      return EXIT.ok;
    }
    const all = library.templateIds(own).map((each) => library.resolveTemplate(own, each));
    process.stdout.write(args.flag('json') ? `${JSON.stringify({ templates: all })}\n` : listed(all, style));
    return EXIT.ok;
  },
};

/** @throws CommandError when the device does not answer, or the recording cannot be read */
async function tried(args: Args, own: Own, target: string, id: string | undefined): Promise<Trial> {
  const { tryTemplate } = await import('../record/trial.ts');
  const { signal } = new AbortController();
  if (!existsSync(target)) {
    const device = deviceAccess(args, target);
    const trial = await tryTemplate(own, device, id, signal).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTFOUND') throw error;
      throw new CommandError(`${target} is neither a file nor a known name`, { cause: error });
    });
    if (trial !== undefined) return trial;
    throw new CommandError(`${target} does not answer, and is no file`, {
      hint: 'check address, port and credentials; kaiku record ADDRESS makes a file',
    });
  }
  const { playRecording, readSnmprec } = await import('@kaiku/testkit');
  const { objects, problems } = readSnmprec(readRecording(target));
  for (const problem of problems.slice(0, MOST_PROBLEMS)) process.stderr.write(`${target}: ${problem}: left out\n`);
  if (problems.length > MOST_PROBLEMS) process.stderr.write(`${target}: ${problems.length} lines were left out\n`);
  if (objects.length === 0) throw new CommandError(`${target} holds no recording`, { hint: 'kaiku record makes one' });
  const player = await playRecording(objects);
  try {
    const access = { version: '2c' as const, port: player.port, community: 'recording' };
    const trial = await tryTemplate(own, { address: player.address, access }, id, signal);
    if (trial !== undefined) return trial;
    throw new CommandError(`${target} has neither sysDescr nor sysObjectID: nothing tells what it is`);
  } finally {
    await player.stop();
  }
}

/** @throws CommandError */
function readRecording(file: string): string {
  try {
    // Octets as they are: what is no text stands in hexadecimal.
    return readFileSync(file, 'latin1');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function pageText(library: typeof Library, page: string): string {
  if (page === 'templates') return library.templatesPage();
  if (page === 'metrics') return library.metricsPage();
  throw new UsageError(`--page: there is no page "${page}"`, { hint: `known: ${PAGES.join(', ')}` });
}

function listed(templates: readonly Template[], style: Style): string {
  const usable = templates.filter(({ part }) => !part);
  const width = Math.max(...usable.map(({ id }) => id.length));
  const lines = [...Map.groupBy(usable, ({ kind }) => kind)].map(([kind, members]) =>
    [style.bold(kind)].concat(members.map(({ id, name }) => `  ${id.padEnd(width)}  ${name}`)).join('\n'),
  );
  return `${lines.join('\n')}\n`;
}

function shown(library: typeof Library, own: Own, template: Template, style: Style): string {
  const dictionary = library.dictionaryOf(own);
  const meaning = (name: string): string => {
    const metric = dictionary.metric(name);
    const unit =
      metric === undefined ? '' : ` ${style.dim(metric.kind === 'counter' ? `${metric.unit}/s` : metric.unit)}`;
    return `    ${name}${unit}  ${style.dim(metric?.help ?? dictionary.fact(name)?.help ?? '')}`;
  };
  const { id, name, kind, measurements, alarms, graphs } = template;
  const asks = measurements.flatMap((each) => {
    const what = each.check === 'snmp-table' ? `table ${each.table}` : each.check;
    const head = `  ${what}, every ${each.everyMs / 1000} s`;
    return each.check === 'snmp-get' || each.check === 'snmp-table'
      ? [head].concat(each.metrics.map(meaning), each.facts.map(meaning))
      : [head];
  });
  const rules = alarms.map(({ id: rule, metric, severity, when, raise, clear, count }) => {
    const limit = when === 'failed' ? 'fails' : `${when} ${raise}${clear === undefined ? '' : `, until ${clear}`}`;
    return `  ${rule.padEnd(22)} ${severity.padEnd(8)} ${metric} ${limit}${count > 1 ? `, ${count} times` : ''}`;
  });
  const known = library.alternativesOf(template).map((match) => `  ${conditionText(match)}`);
  return `${[
    `${style.bold(id)}  ${name} (${kind})`,
    style.bold('asks'),
    ...asks,
    style.bold('alarms'),
    ...rules,
    style.bold('graphs'),
    ...graphs.map((graph) => `  ${graph.title} ${style.dim(graph.lines.map(({ metric }) => metric).join(', '))}`),
    `${style.bold('there while')} ${library.availabilityProofs(template).map(proofText).join(', or ')}`,
    ...(known.length === 0 ? [] : [style.bold('known by'), ...known]),
  ].join('\n')}\n`;
}

function proofText({ metric, series }: Proof): string {
  const ids = series.flatMap(({ instance }) => (instance === '' ? [] : [instance]));
  if (ids.length === 0) return `it answers ${metric}`;
  return ids.length === 1 ? `its check ${ids.join('')} succeeds` : `all of its checks ${ids.join(', ')} succeed`;
}

function conditionText({ sysObjectId, sysDescr, answers, priority }: Match): string {
  return [
    sysObjectId === undefined ? '' : `sysObjectID under ${sysObjectId.join(' or ')}`,
    sysDescr === undefined ? '' : `sysDescr like /${sysDescr}/`,
    answers === undefined ? '' : `an answer to ${answers.join(' or ')}`,
    priority === 0 ? '' : `priority ${priority}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}
