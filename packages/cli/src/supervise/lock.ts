/**
 * One supervisor for each data folder. The lock is an abstract Unix socket named after the folder:
 * the kernel takes it back however its holder dies, so there is no stale lock to judge. `run.json`
 * beside it only tells people (and tests) who runs.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';

export interface RunFile {
  readonly pid: number;
  readonly startedMs: number;
  readonly config: string;
  readonly children: readonly {
    readonly role: string;
    readonly name: string;
    readonly pid: number | null;
    readonly state: string;
    /** Stopped by `kaiku part hold` or a drill. */
    readonly held: boolean;
    readonly restarts: number;
    readonly startedMs: number;
  }[];
}

const fileOf = (dataDir: string): string => join(dataDir, 'run.json');

export function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}

export interface DataLock {
  write(run: RunFile): void;
  release(): Promise<void>;
}

/** Creates the folder where it is missing. @throws CommandError when another supervisor holds it or it cannot be written */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new CommandError(`the data folder ${dataDir} cannot be made`, {
      hint: 'check the owner and permissions of its parent, or set dataDir in the installation file',
      cause: error,
    });
  }
  const key = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 32);
  const server = await hold(`\0kaiku-up-${key}`);
  if (server === undefined) {
    const holder = readRunFile(dataDir);
    throw new CommandError(
      `another kaiku up already runs on ${dataDir}${holder === undefined ? '' : ` (process ${holder.pid})`}`,
      { hint: 'stop that one first (Ctrl-C, or kill and its number), or use a dataDir of its own' },
    );
  }
  const file = fileOf(dataDir);
  return {
    write: (run) => {
      writeFileSync(`${file}.new`, `${JSON.stringify(run, undefined, 2)}\n`);
      renameSync(`${file}.new`, file);
    },
    release: () =>
      new Promise((done) => {
        rmSync(file, { force: true });
        server.close(() => done());
      }),
  };
}

const TURN_EVERY_MS = 200;

/**
 * One at a time on this machine: waits until nobody else has the turn, at most so long, then goes on all the same.
 * Two demos that look for free ports in the same second would find the same ones.
 */
export async function takeTurn(what: string, waitMs: number): Promise<{ end(): void }> {
  const untilMs = Date.now() + waitMs;
  for (;;) {
    const server = await hold(`\0kaiku-turn-${what}`);
    if (server !== undefined || Date.now() >= untilMs) return { end: () => server?.close() };
    await new Promise((done) => setTimeout(done, TURN_EVERY_MS));
  }
}

/** The held socket; undefined when somebody else has it. */
async function hold(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(undefined);
      else fail(error);
    });
    server.listen({ path }, () => done(server));
    server.unref();
  });
}
