/** `kaiku drill`: take parts of a running installation away for a while, and measure what that costs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { planDrill, type DrillPlan } from '../drill/plan.ts';
import { drillMarkdown, verdictOf, type DrillResult } from '../drill/report.ts';
import { CommandError, UsageError } from '../errors.ts';
import { askSupervisor } from '../supervise/control.ts';
import { parseDuration } from '../terminal/format.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const DEFAULT_SECONDS = 60;
const MOST_SECONDS = 3600;
const DEFAULT_RTO = '2m';

export const drillCommand: Command = {
  name: 'drill',
  summary: 'take parts of a running installation away for a while and measure recovery',
  description: `Ends the named parts at once (SIGKILL), keeps them stopped for a while, watches each second whether pages
answer, new samples arrive and alarms are evaluated, gives the parts back and measures how long it takes until
each is ready, nothing waits and all stores hold the same, and whether a batch was lost. The report (Markdown and JSON)
goes to <dataDir>/drills/. Ctrl-C gives everything back. Asks first; refuses to take the last part of a role without --force.
Silence alarms of what is taken are expected, and real. Exit code 1 when a target is missed.`,
  options: {
    config: configOption,
    take: { type: 'text', value: 'LIST', help: 'parts by name, e.g. logger-1,store-1 (kaiku part list shows them)' },
    half: { type: 'boolean', help: 'half of the stores, loggers, analyzers and web servers' },
    seconds: { type: 'number', value: 'N', help: `how long they are away (default ${DEFAULT_SECONDS})` },
    'rto-target': { type: 'text', value: 'TIME', help: `whole again within (default ${DEFAULT_RTO})` },
    'rpo-target': { type: 'number', value: 'N', help: 'batches that may be lost (default 0)' },
    report: { type: 'text', value: 'FILE', help: 'write the report to this file as well' },
    yes: { type: 'boolean', short: 'y', help: 'do not ask' },
    force: { type: 'boolean', help: 'even when nothing of a role remains' },
    json: jsonOption,
  },
  examples: [
    ['kaiku drill --half', 'half of the centre, for a minute'],
    ['kaiku drill --take logger-1,store-1 --seconds 30 --yes', 'one store and its logger, from a script'],
  ],
  run: async (args) => {
    const seconds = secondsOf(args);
    const targets = { rtoMs: rtoOf(args), rpoBatches: args.number('rpo-target') ?? 0 };
    const checked = await checkInstallation(configFile(args));
    const { dataDir } = checked.installation;
    const parts = await askSupervisor(dataDir, { command: 'list' });
    const plan = planDrill(parts, namesOf(args.text('take')), args.flag('half'));
    refuse(
      plan,
      args.flag('force'),
      parts.map(({ name }) => name),
    );
    await agree(plan, seconds, args);
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    process.on('SIGINT', stop).on('SIGTERM', stop);
    const { runDrill } = await import('../drill/run.ts');
    const say = (text: string): void => void process.stderr.write(`${text}\n`);
    const result = await runDrill({ checked, parts, taken: plan.taken, seconds, targets, say, signal: abort.signal });
    const file = write(dataDir, result, args.text('report'));
    const verdict = verdictOf(result);
    if (args.flag('json')) process.stdout.write(`${JSON.stringify({ ...result, verdict, file })}\n`);
    else process.stdout.write(`${drillMarkdown(result)}\nreport: ${file}\n`);
    return verdict.passed ? EXIT.ok : EXIT.failed;
  },
};

const namesOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** @throws UsageError */
function secondsOf(args: Args): number {
  const seconds = args.number('seconds') ?? DEFAULT_SECONDS;
  if (seconds >= 1 && seconds <= MOST_SECONDS) return seconds;
  throw new UsageError(`--seconds: ${seconds} is not between 1 and ${MOST_SECONDS}`);
}

/** @throws UsageError */
function rtoOf(args: Args): number {
  const text = args.text('rto-target') ?? DEFAULT_RTO;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new UsageError(`--rto-target: "${text}" is no time`, { hint: 'e.g. 90s or 2m' });
}

/** @throws UsageError, CommandError */
function refuse(
  { taken, unknown, nothingLeft, heldBefore }: DrillPlan,
  force: boolean,
  known: readonly string[],
): void {
  if (unknown.length > 0) {
    throw new UsageError(`drill: not running here: ${unknown.join(', ')}`, { hint: `known: ${known.join(', ')}` });
  }
  if (taken.length === 0) {
    throw new UsageError('drill: say what to take away', { hint: 'e.g. --take logger-1,store-1, or --half' });
  }
  if (heldBefore.length > 0 && !force) {
    throw new CommandError(`held already: ${heldBefore.join(', ')}`, {
      hint: 'release it first (kaiku part release NAME), or drill all the same with --force',
    });
  }
  if (nothingLeft.length > 0 && !force) {
    throw new CommandError(`that leaves ${nothingLeft.join('; ')}`, { hint: 'to do it all the same: --force' });
  }
}

/** @throws CommandError when it is not agreed to */
async function agree({ taken, nothingLeft }: DrillPlan, seconds: number, args: Args): Promise<void> {
  const warnings = nothingLeft.map((text) => `  that leaves ${text}\n`).join('');
  process.stderr.write(
    `For ${seconds} s these parts are killed and kept away: ${taken.map(({ name }) => name).join(', ')}\n${warnings}` +
      'Their silence will raise alarms, and who is notified of alarms will be notified.\n',
  );
  if (args.flag('yes')) return;
  if (!process.stdin.isTTY) {
    throw new CommandError('nobody is there to agree', { hint: 'from a script: --yes' });
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if (!/^y(?:es)?$/i.test((await reader.question('Go on? [y/N] ')).trim())) throw new CommandError('not agreed to');
  } finally {
    reader.close();
  }
}

function write(dataDir: string, result: DrillResult, also: string | undefined): string {
  const name = new Date(result.startedMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const file = join(dataDir, 'drills', `${name}.md`);
  const markdown = drillMarkdown(result);
  for (const each of also === undefined ? [file] : [file, resolve(also)]) {
    mkdirSync(dirname(each), { recursive: true });
    writeFileSync(each, markdown);
    writeFileSync(
      each.replace(/(?:\.md)?$/, '.json'),
      `${JSON.stringify({ ...result, verdict: verdictOf(result) }, undefined, 2)}\n`,
    );
  }
  return file;
}
