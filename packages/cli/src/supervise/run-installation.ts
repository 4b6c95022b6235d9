/**
 * Runs a checked installation until it is told to stop: lock, broker, then the roles stage by stage,
 * downstream first (stores, loggers, analyzers, webs, agents). Fed by `kaiku up` and `kaiku demo`.
 *
 * SIGTERM, SIGINT: all ends within 10 s, upstream first; a second one kills. SIGHUP: the catalog file
 * is read and published again. kill -9 of this process: the children notice and end by themselves.
 */
import { closeSync, openSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { agentNodeFlags } from '@kaiku/agent/config';
import { describeError } from '@kaiku/core';
import { CommandError } from '../errors.ts';
import { MAIN } from '../commands/options.ts';
import { ROLE_ORDER, type CheckedInstallation, type RoleEntry } from '../config/installation-check.ts';
import { checkAddresses } from '../config/ports.ts';
import type { WantedAddress } from '../config/installation-check.ts';
import type { Role } from '../commands/role.ts';
import { runEnrolment } from '../enrol/beside-broker.ts';
import { checkKeys, writeUsers } from '../keys/broker-files.ts';
import { publishInstallationCatalog } from './catalog-publisher.ts';
import type { Child, ChildSpec } from './child.ts';
import { listenForControl, partOf, type Control } from './control.ts';
import type { Output } from './output.ts';
import { LogFile } from './log-file.ts';
import { lockDataDir, type DataLock } from './lock.ts';
import { answers, natsSpec } from './nats.ts';
import { roleProbe } from './probes.ts';
import { Supervisor } from './supervisor.ts';

const BROKER_WITHIN_MS = 15_000;
const STORE_WITHIN_MS = 10_000;

export interface RunOptions {
  readonly checked: CheckedInstallation;
  readonly roles: readonly Role[];
  readonly output: Output;
  /** What broker and roles will listen on: tried before anything starts. */
  readonly addresses: readonly WantedAddress[];
  /** Further children, started before the first agent. */
  readonly extra?: readonly ChildSpec[];
  /** Work between the broker's start and the agents': the demo writes history here. */
  readonly beforeAgents?: (signal: AbortSignal) => Promise<void>;
  /** Called once everything has been started. */
  readonly onStarted?: (signal: AbortSignal) => Promise<void>;
}

/** Answers the exit code. @throws CommandError, ConfigError before anything is started */
export async function runInstallation(options: RunOptions): Promise<number> {
  const { checked, output } = options;
  const { installation } = checked;
  const lock = await lockDataDir(installation.dataDir);
  try {
    await checkAddresses(installation.source.file, options.addresses);
    checkKeys(checked, options.roles);
  } catch (error) {
    await lock.release();
    removeIfEmpty(installation.dataDir);
    throw error;
  }
  const logs = new Map<string, LogFile>();
  const abort = new AbortController();
  const supervisor = new Supervisor({
    onLine: (spec, line, stream) => {
      logFor(logs, installation.dataDir, spec.name).write(line);
      output.line(spec.role, spec.name, line, stream);
    },
    onChange: (child, what, bad) => {
      if (!(supervisor.stopping && what === 'stopped')) output.event(child.spec.role, child.spec.name, what, bad);
      writeRunFile(lock, checked.file, supervisor.children);
    },
  });
  const control = await listenForControl(installation.dataDir, supervisor, () => reloadBroker(checked, supervisor));
  const ended = untilSignal(supervisor, abort, output, () => republish(checked, output));
  try {
    await startAll(options, supervisor, abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) {
      abort.abort();
      await supervisor.stop();
      await release(lock, logs, control);
      throw error;
    }
  }
  await ended;
  await release(lock, logs, control);
  output.note('all parts have stopped');
  return 0;
}

/** A start that was refused leaves nothing behind. */
function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It holds data of earlier runs.
  }
}

async function release(lock: DataLock, logs: ReadonlyMap<string, LogFile>, control: Control): Promise<void> {
  await control.close();
  for (const log of logs.values()) log.close();
  await lock.release();
}

async function startAll(options: RunOptions, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  const { checked, roles, output } = options;
  const { installation } = checked;
  if (installation.broker.listen !== undefined) {
    output.note(`starting nats-server on ${installation.broker.listen}`);
    supervisor.startStage([await natsSpec(installation.broker.listen, installation)]);
    if (!(await answers(installation.broker.listen, BROKER_WITHIN_MS))) {
      throw new CommandError(`the broker does not answer on ${installation.broker.listen}`, {
        hint: `see ${join(installation.dataDir, 'logs/broker.log')}`,
      });
    }
  }
  if (installation.broker.listen !== undefined) {
    void runEnrolment({
      installation,
      reloadBroker: () => reloadBroker(checked, supervisor),
      note: (text) => output.note(text),
      problem: (text) => output.problem(text),
      signal,
    });
  }
  const published = publishInstallationCatalog(checked, output, signal, { stay: true });
  for (const role of ROLE_ORDER) {
    if (signal.aborted) return;
    if (role === 'agent') {
      if (options.extra !== undefined) supervisor.startStage(options.extra);
      await options.beforeAgents?.(signal);
    }
    const entries = roles.includes(role) ? checked.entries.filter((entry) => runsHere(entry, role)) : [];
    supervisor.startStage(entries.map((entry) => roleSpec(checked.file, entry)));
    if (role === 'store') await storesListen(entries);
  }
  await published;
  if (!signal.aborted) await options.onStarted?.(signal);
}

/** Its readers and writers start to a store that answers; one that does not is theirs to wait for. */
async function storesListen(entries: readonly RoleEntry[]): Promise<void> {
  const addresses = entries.map(({ entry }) => entry['listen']).filter((listen) => typeof listen === 'string');
  await Promise.all(addresses.map((address) => answers(address, STORE_WITHIN_MS)));
}

/** Who may speak has changed: written anew, and nats-server reads it again. */
function reloadBroker({ installation }: CheckedInstallation, supervisor: Supervisor): void {
  writeUsers(installation);
  const pid = supervisor.find('broker')?.pid;
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
}

/** A store with a `url` runs elsewhere. */
function runsHere(entry: RoleEntry, role: Role): boolean {
  return entry.role === role && (role !== 'store' || typeof entry.entry['listen'] === 'string');
}

/** Who measures goes first: a round-trip time must not contain a rollup. People wait for pages. */
const NICE: Readonly<Record<Role, number>> = { agent: 0, web: 2, logger: 5, analyzer: 5, store: 5 };

const DEFAULT_HEAP_MIB = 256;

function nodeFlags({ role, entry }: RoleEntry): readonly string[] {
  if (role !== 'agent') return [];
  const { memoryMiB } = entry;
  return agentNodeFlags({ memoryMiB: typeof memoryMiB === 'number' ? memoryMiB : DEFAULT_HEAP_MIB });
}

function roleSpec(config: string, entry: RoleEntry): ChildSpec {
  const { role, name } = entry;
  const probe = roleProbe(entry);
  return {
    role,
    name,
    command: process.execPath,
    args: [...process.execArgv, ...nodeFlags(entry), MAIN, role, '-c', config, '--name', name],
    nice: NICE[role],
    ...(probe === undefined ? {} : { probe }),
  };
}

function logFor(logs: Map<string, LogFile>, dataDir: string, name: string): LogFile {
  let log = logs.get(name);
  if (log === undefined) {
    log = new LogFile(join(dataDir, 'logs', `${name}.log`));
    logs.set(name, log);
  }
  return log;
}

function writeRunFile(lock: DataLock, config: string, children: readonly Child[]): void {
  lock.write({
    pid: process.pid,
    startedMs: Math.round(performance.timeOrigin),
    config,
    children: children.map(partOf),
  });
}

async function republish(checked: CheckedInstallation, output: Output): Promise<void> {
  const { checkInstallation } = await import('../config/installation-check.ts');
  try {
    const fresh = await checkInstallation(checked.file);
    await publishInstallationCatalog(fresh, output, new AbortController().signal, { stay: false });
  } catch (error) {
    output.problem(describeError(error));
  }
}

/** Resolves when everything has stopped after a signal. */
async function untilSignal(
  supervisor: Supervisor,
  abort: AbortController,
  output: Output,
  onHangup: () => Promise<void>,
): Promise<void> {
  const terminal = process.stdin.isTTY;
  return new Promise((done) => {
    const stop = (signal: string): void => {
      if (supervisor.stopping) {
        output.note(`${signal} again: killing what is left`);
        supervisor.kill();
        return;
      }
      output.note(`${signal}: stopping all parts (again: kill them)`);
      abort.abort();
      void supervisor.stop().then(done);
    };
    process.on('SIGINT', () => stop('Ctrl-C'));
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGHUP', () => {
      if (terminal && !terminalThere()) stop('terminal closed');
      else void onHangup();
    });
  });
}

/** After a hang-up the controlling terminal cannot be opened any more. */
function terminalThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
