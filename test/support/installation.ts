/**
 * An installation as its users start it: `kaiku up` or `kaiku demo` as a process of its own, in a folder of its
 * own, on free ports. Tests talk to it through the CLI, the portal and the processes it lists, never from inside.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tempDir, waitFor, type TempDir } from '@kaiku/testkit';

export const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'packages/cli/src/main.ts');
const STOP_MS = 40_000;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `kaiku` command to its end. */
export function kaiku(...words: string[]): Promise<CliResult> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [MAIN, ...words],
      { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        done({ code, stdout, stderr });
      },
    );
  });
}

/** Runs one command and reads its JSON. @throws when it fails */
export async function kaikuJson(...words: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await kaiku(...words, '--json');
  if (code !== 0 && stdout === '') throw new Error(`kaiku ${words.join(' ')} answered ${code}: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

interface RunFile {
  readonly pid: number;
  readonly children: readonly { readonly name: string; readonly pid: number | null; readonly restarts: number }[];
}

export interface Running {
  readonly dir: string;
  readonly config: string;
  /** What the supervisor wrote so far. */
  readonly output: () => string;
  /** Process id of a part by name (`logger-1`, `broker`); undefined while it is down. */
  readonly pidOf: (name: string) => number | undefined;
  /** kill -9 of one part by its process id; resolves when the supervisor has started another. */
  readonly killHard: (name: string) => Promise<void>;
  /** SIGTERM to the supervisor; answers its exit code. Idempotent. */
  readonly stop: () => Promise<number>;
}

/** Starts `kaiku WORDS…` as a supervisor that runs the installation of `dir`. */
export function startSupervisor(dir: TempDir, config: string, dataDir: string, words: readonly string[]): Running {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-200_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const runFile = (): RunFile => JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as RunFile;
  const childOf = (name: string) => runFile().children.find((each) => each.name === name);
  const pidOf = (name: string): number | undefined => childOf(name)?.pid ?? undefined;
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    dir: dir.path,
    config,
    output: () => output,
    pidOf,
    killHard: async (name) => {
      const before = await waitFor(() => pidOf(name), 30_000, `${name} to run`);
      process.kill(before, 'SIGKILL');
      await waitFor(() => pidOf(name) !== undefined && pidOf(name) !== before, 60_000, `${name} to be started again`);
    },
    stop: async () => {
      if (!ended()) {
        child.kill('SIGTERM');
        await waitFor(ended, STOP_MS, 'the supervisor to end');
      }
      await dir.remove();
      return child.exitCode ?? -1;
    },
  };
}

/** Writes the two files and runs `kaiku up` on them. */
export async function startInstallation(installationYaml: string, catalogYaml: string): Promise<Running> {
  const dir = await tempDir('system');
  await mkdir(join(dir.path, 'data'), { recursive: true });
  const config = join(dir.path, 'kaiku.yaml');
  await writeFile(config, installationYaml);
  await writeFile(join(dir.path, 'catalog.yaml'), catalogYaml);
  return startSupervisor(dir, config, join(dir.path, 'data'), ['up', '-c', config]);
}
