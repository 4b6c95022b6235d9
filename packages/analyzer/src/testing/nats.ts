/** A real nats-server for tests: its binary from NATS_SERVER, the PATH or where Debian puts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TestNats {
  readonly url: string;
  /** Kills the server, keeping its storage or not, and starts it again. */
  restart(options?: { readonly wipe?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

function binary(): string {
  const given = process.env['NATS_SERVER'];
  if (given !== undefined) return given;
  return existsSync('/usr/sbin/nats-server') ? '/usr/sbin/nats-server' : 'nats-server';
}

/** Waits until `check` answers true. @throws Error when it does not in time */
export async function until(what: string, check: () => boolean, deadlineMs = 10_000): Promise<number> {
  const startedMs = performance.now();
  while (!check()) {
    if (performance.now() - startedMs > deadlineMs) throw new Error(`not in ${deadlineMs} ms: ${what}`);
    await sleep(10);
  }
  return performance.now() - startedMs;
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((done) => child.once('exit', done));
}

export async function startNats(port: number): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'kanalyzer-nats-'));
  const run = async (): Promise<ChildProcess> => {
    const child = spawn(binary(), ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], { stdio: 'ignore' });
    for (let tries = 0; !(await isOpen(port)); tries += 1) {
      if (tries > 500 || child.exitCode !== null) throw new Error(`nats-server did not open port ${port}`);
      await sleep(20);
    }
    return child;
  };
  let child = await run();
  return {
    url: `nats://127.0.0.1:${port}`,
    restart: async ({ wipe = false } = {}) => {
      child.kill('SIGKILL');
      await ended(child);
      if (wipe) rmSync(folder, { recursive: true, force: true });
      child = await run();
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
