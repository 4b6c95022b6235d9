/** A server process that a test owns: started, awaited, stopped or killed; never left behind. */
import { spawn } from 'node:child_process';
import { ServerStartError } from '../errors.ts';
import { waitFor } from './wait.ts';

export interface ServerProcess {
  readonly pid: number;
  /** What it wrote to standard output and error, the last part. */
  readonly output: () => string;
  /** SIGTERM, then SIGKILL after a grace period. Idempotent. */
  readonly stop: () => Promise<void>;
  /** SIGKILL, at once. */
  readonly kill: () => Promise<void>;
}

const OUTPUT_CHARS = 20_000;
const GRACE_MS = 5000;

export interface ServerSpec {
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ready: () => boolean | Promise<boolean>;
  readonly readyMs: number;
  readonly what: string;
}

/** @throws ServerStartError with what the server wrote, when it ends or is not ready in time */
export async function startProcess(spec: ServerSpec): Promise<ServerProcess> {
  const child = spawn(spec.binary, spec.arguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...spec.environment },
  });
  let output = '';
  let failed: unknown;
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => {
    failed = error;
  });
  // Should the test's own process end without stopping it, it ends too.
  const orphan = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', orphan);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null || failed !== undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    process.removeListener('exit', orphan);
    if (ended()) return;
    child.kill(signal);
    try {
      await waitFor(ended, GRACE_MS, `${spec.what} to end`);
    } catch {
      child.kill('SIGKILL');
      await waitFor(ended, GRACE_MS, `${spec.what} to be killed`);
    }
  };
  const server: ServerProcess = {
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
  try {
    await waitFor(async () => ended() || (await spec.ready()), spec.readyMs, `${spec.what} to be ready`);
  } catch (cause) {
    await server.kill();
    throw new ServerStartError(`${spec.what} is not ready: ${output}`, { cause });
  }
  if (ended()) throw new ServerStartError(`${spec.what} ended: ${output}`, { cause: failed });
  return server;
}
