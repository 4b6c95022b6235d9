/**
 * The demo's folder, made ready: state, kaiku.yaml, catalog.yaml. Files that somebody has changed are
 * theirs and stay as they are.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashPassword } from '@kaiku/catalog';
import { defaultAnchorMs, DEMO_AGENTS, demoCatalogYaml, demoInstallationYaml, type DemoListener } from '@kaiku/testkit';
import { generatePassword } from '../config/password.ts';
import { CommandError } from '../errors.ts';
import { readRunFile } from '../supervise/lock.ts';
import { choosePorts, DEFAULT_PORTS, portsFrom } from './ports.ts';
import { readState, writeState, type DemoState } from './state.ts';
import { snmpAnswers } from './this-machine.ts';

export interface DemoOptions {
  readonly dir: string;
  /** Of the first web server; the second takes the next one. */
  readonly port: number | undefined;
  /** Broker, stores, simulator and its control take this and the next ones. */
  readonly basePort: number | undefined;
  readonly host: string | undefined;
  readonly reset: boolean;
}

export interface PreparedDemo {
  readonly config: string;
  readonly state: DemoState;
  /** What a person should know: ports that moved, files left alone. */
  readonly notes: readonly string[];
}

/** @throws CommandError when it runs already or the folder is somebody else's */
export async function prepareDemo({ dir, port, basePort, host, reset }: DemoOptions): Promise<PreparedDemo> {
  refuseWhileRunning(dir);
  if (reset) removeDemo(dir);
  mkdirSync(dir, { recursive: true });
  const before = readState(dir) ?? (await freshState());
  const wantedWebs = port === undefined ? before.ports.webs : [port, port + 1];
  const inner = basePort === undefined ? before.ports : portsFrom(basePort);
  const wantedHost = host ?? before.host;
  const { ports, moved } = await choosePorts({ ...inner, webs: wantedWebs }, wantedHost);
  const thisMachine = await snmpAnswers();
  const state: DemoState = { ...before, host: wantedHost, ports, thisMachine, written: { ...before.written } };
  const notes = [...moved];
  const files = {
    'kaiku.yaml': demoInstallationYaml({
      natsPort: ports.nats,
      storePorts: ports.stores,
      webPorts: ports.webs,
      webHost: wantedHost,
      listeners: listenersOf(ports),
    }),
    'catalog.yaml': demoCatalogYaml(
      { noc: state.users.noc.hash, katja: state.users.katja.hash },
      {
        snmpPort: ports.snmp,
        portals: ports.webs,
        ...(thisMachine ? { thisMachine: { port: 161, community: 'public' } } : {}),
      },
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    if (!writeUnlessChanged(dir, name, text, state)) {
      notes.push(`${join(dir, name)} was changed by hand and stays as it is`);
    }
  }
  writeState(dir, state);
  return { config: join(dir, 'kaiku.yaml'), state, notes };
}

/** Where each agent of the demo listens for traps and syslog. */
export function listenersOf({ traps, syslogs }: DemoState['ports']): readonly DemoListener[] {
  return DEMO_AGENTS.map((agent, at) => ({ agent, trapPort: traps[at] ?? 0, syslogPort: syslogs[at] ?? 0 }));
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** False when the file there is not what the demo wrote. */
function writeUnlessChanged(dir: string, name: string, text: string, state: DemoState): boolean {
  const file = join(dir, name);
  const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (present === text) return true;
  if (present !== undefined && state.written[name] !== sha(present)) return false;
  writeFileSync(file, text, { mode: 0o640 });
  state.written[name] = sha(text);
  return true;
}

async function freshState(): Promise<DemoState> {
  const [noc, katja] = [generatePassword(), generatePassword()];
  return {
    version: 1,
    anchorMs: defaultAnchorMs(Date.now()),
    host: '127.0.0.1',
    ports: DEFAULT_PORTS,
    users: {
      noc: { password: noc, hash: await hashPassword(noc) },
      katja: { password: katja, hash: await hashPassword(katja) },
    },
    thisMachine: false,
    history: {},
    written: {},
  };
}

function refuseWhileRunning(dir: string): void {
  const run = readRunFile(join(dir, 'data'));
  if (run === undefined || !existsSync(`/proc/${run.pid}`)) return;
  const ports = readState(dir)?.ports.webs ?? [];
  throw new CommandError(`this demo already runs (process ${run.pid})`, {
    hint: `its portal: ${ports.map((port) => `http://127.0.0.1:${port}`).join(' and ')}; stop it with Ctrl-C there, or use another --dir`,
  });
}

/** Removes only what is a demo. */
function removeDemo(dir: string): void {
  if (!existsSync(dir)) return;
  if (readState(dir) === undefined && readdirSync(dir).length > 0) {
    throw new CommandError(`${dir} holds something that is no demo; it is not removed`, { hint: 'name another --dir' });
  }
  rmSync(dir, { recursive: true, force: true });
}
