/** `kaiku demo`: a living installation with simulated offices, from nothing, in one command. */
import { join, relative } from 'node:path';
import type { Command } from '../command.ts';
import type { Args } from '../args.ts';
import { UsageError } from '../errors.ts';
import { listenersOf, type PreparedDemo } from '../demo/prepare.ts';
import type { Output } from '../supervise/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { duration } from '../terminal/format.ts';
import { styleFor } from '../terminal/style.ts';
import { DEMO_DIR, MAIN, ROOT } from './options.ts';
import { outputFor, wantedAddresses } from './up.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 90;
const WEBS_WITHIN_MS = 60_000;
const HISTORY_WITHIN_MS = 180_000;
/** Another demo's start takes some ten seconds. */
const TURN_WITHIN_MS = 30_000;

export const demoCommand: Command = {
  name: 'demo',
  summary: 'run a whole installation with simulated offices and a week of history',
  description: `Two stores, two loggers, two analyzers, two web servers, three agents and about thirty simulated devices, all on
this machine, on loopback. The first start writes a week of history into the agents' buffers, from where it takes the
real path; later starts go on with what is there, with the same passwords. This machine itself is measured as well
where an SNMP agent answers on 127.0.0.1:161 with the community "public".`,
  options: {
    dir: { type: 'text', value: 'DIR', help: `where it lives (default ${DEMO_DIR} in the checkout)` },
    port: { type: 'number', value: 'PORT', help: 'of the portal; the second web server takes the next (default 8080)' },
    'base-port': { type: 'number', value: 'PORT', help: 'where the inner ports begin: broker, stores, simulator' },
    host: {
      type: 'text',
      value: 'HOST',
      help: 'address of the portal; 0.0.0.0 shows it to others (default 127.0.0.1)',
    },
    days: { type: 'number', value: 'N', help: 'days of history, 0 to 90 (default 7)' },
    'no-history': { type: 'boolean', help: 'begin with empty graphs' },
    reset: { type: 'boolean', help: 'throw the demo away and begin anew' },
    verbose: { type: 'boolean', short: 'v', help: 'show all log lines, not only warnings' },
    json: { type: 'boolean', help: 'log lines as JSON' },
  },
  examples: [
    ['kaiku demo', 'everything; Ctrl-C stops it'],
    ['kaiku demo --reset --days 30', 'begin anew with a month of history'],
  ],
  run: async (args) => {
    const beganMs = performance.now();
    const days = daysOf(args);
    const dir = args.text('dir') ?? join(ROOT, DEMO_DIR);
    const { prepareDemo } = await import('../demo/prepare.ts');
    const { checkInstallation, ROLE_ORDER } = await import('../config/installation-check.ts');
    const { runInstallation } = await import('../supervise/run-installation.ts');
    const { takeTurn } = await import('../supervise/lock.ts');
    const [port, basePort] = [portOf(args, 'port'), portOf(args, 'base-port')];
    const turn = await takeTurn('demo', TURN_WITHIN_MS);
    const prepared = await prepareDemo({ dir, port, basePort, host: args.text('host'), reset: args.flag('reset') });
    const quiet = !args.flag('verbose') && !args.flag('json');
    let starting = true;
    const output = outputFor(args, quiet, () => starting);
    for (const note of prepared.notes) output.note(note);
    const checked = await checkInstallation(prepared.config);
    const { ensureKeys } = await import('../keys/broker-files.ts');
    ensureKeys(checked);
    return runInstallation({
      checked,
      roles: ROLE_ORDER,
      addresses: wantedAddresses(checked, ROLE_ORDER),
      output,
      extra: [simulatorSpec(prepared)],
      beforeAgents: (signal) => history({ checked, prepared, dir, days, output, signal }),
      onStarted: async (signal) => {
        turn.end();
        await greet({ checked, prepared, dir, beganMs, output, signal, args });
        starting = false;
      },
    });
  },
};

/** @throws UsageError */
function portOf(args: Args, name: string): number | undefined {
  const port = args.number(name);
  if (port === undefined || (Number.isInteger(port) && port > 0 && port < 65_530)) return port;
  throw new UsageError(`--${name}: ${port} is no port`);
}

/** @throws UsageError */
function daysOf(args: Args): number {
  const days = args.flag('no-history') ? 0 : (args.number('days') ?? 7);
  if (days >= 0 && days <= MOST_DAYS) return days;
  throw new UsageError(`--days: ${days} is not between 0 and ${MOST_DAYS}`, { hint: 'agents keep 90 days' });
}

function simulatorSpec({ state }: PreparedDemo): {
  role: string;
  name: string;
  command: string;
  args: readonly string[];
} {
  const { snmp, control } = state.ports;
  const voice = listenersOf(state.ports).map((each) => `${each.agent}=${each.trapPort}/${each.syslogPort}`);
  const places = ['--port', String(snmp), '--control', `127.0.0.1:${control}`, '--voice', voice.join(',')];
  const args = [...places, '--anchor', String(state.anchorMs)];
  return {
    role: 'simulator',
    name: 'simulator',
    command: process.execPath,
    args: [...process.execArgv, MAIN, 'simulator', ...args],
  };
}

interface HistoryWork {
  readonly checked: CheckedInstallation;
  readonly prepared: PreparedDemo;
  readonly dir: string;
  readonly days: number;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Only at an agent's first start: what it missed later is a gap, and gaps are honest. */
async function history({ checked, prepared: { state }, dir, days, output, signal }: HistoryWork): Promise<void> {
  const { fillHistory } = await import('../demo/history.ts');
  const { writeState } = await import('../demo/state.ts');
  const agents = checked.entries.filter((entry) => entry.role === 'agent' && state.history[entry.name] === undefined);
  if (agents.length === 0) return;
  if (days === 0) {
    for (const { name } of agents) state.history[name] = 0;
    writeState(dir, state);
    return;
  }
  output.note(`writing ${days} days of history into the agents' buffers`);
  const beganMs = performance.now();
  const progress = createProgress(process.stderr);
  let samples = 0;
  await fillHistory(
    {
      catalog: checked.installation.catalog ?? join(dir, 'catalog.yaml'),
      dataDir: checked.installation.dataDir,
      anchorMs: state.anchorMs,
      agents: agents.map(({ name }) => name),
      fromMs: Date.now() - days * DAY_MS,
      toMs: Date.now(),
    },
    ({ agent, percent, done }) => {
      const before = agents.findIndex(({ name }) => name === agent);
      progress.show(agent, (before + percent / 100) / agents.length);
      if (done === undefined) return;
      samples += done.samples;
      state.history[agent] = done.batches;
      writeState(dir, state);
    },
    signal,
  );
  progress.end();
  if (!signal.aborted)
    output.note(`${samples.toLocaleString('en')} samples written in ${duration(performance.now() - beganMs)}`);
}

interface GreetWork extends Omit<HistoryWork, 'days'> {
  readonly beganMs: number;
  readonly args: Args;
}

async function greet({ checked, prepared: { state }, dir, beganMs, output, signal, args }: GreetWork): Promise<void> {
  const { websAnswer, historyArrived } = await import('../demo/ready.ts');
  const { demoBox } = await import('../demo/box.ts');
  const { readRunFile } = await import('../supervise/lock.ts');
  const { storeAddresses } = await import('@kaiku/store/config');
  const address = state.host === '0.0.0.0' ? '127.0.0.1' : state.host;
  const urls = state.ports.webs.map((port) => `http://${address}:${port}/`);
  if (!(await websAnswer(urls, WEBS_WITHIN_MS, signal))) {
    if (!signal.aborted)
      output.problem(`the portal does not answer at ${urls.join(' and ')}; see ${dir}/data/logs/web-1.log`);
    return;
  }
  output.note(
    `the portal answers after ${duration(performance.now() - beganMs)}; history is on its way into the stores`,
  );
  const progress = createProgress(process.stderr);
  const complete = await historyArrived({
    stores: storeAddresses(checked.installation),
    expected: state.history,
    withinMs: HISTORY_WITHIN_MS,
    onProgress: (share) => progress.show('history in both stores', share),
    signal,
  });
  progress.end();
  if (signal.aborted) return;
  const facts = {
    state,
    kaiku: relative(process.cwd(), join(ROOT, 'kaiku')).replace(/^(?!\.|\/)/, './'),
    dir: relative(process.cwd(), dir) || '.',
    pidOf: (name: string) =>
      readRunFile(checked.installation.dataDir)?.children.find((child) => child.name === name)?.pid ?? undefined,
    complete,
  };
  output.note(`ready after ${duration(performance.now() - beganMs)}`);
  if (args.flag('json'))
    process.stdout.write(
      `${JSON.stringify({ ready: true, urls, users: { noc: state.users.noc.password, katja: state.users.katja.password } })}\n`,
    );
  else process.stdout.write(`\n${demoBox(facts, styleFor(process.stdout, process.env))}\n\n`);
}
