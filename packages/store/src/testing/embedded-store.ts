/** A real embedded store in a process of its own, for tests: started as the CLI starts it, killed at will. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreAddress } from '../api.ts';

const START_MS = 15_000;

export interface EmbeddedStore {
  readonly address: StoreAddress;
  readonly folder: string;
  /** Process id of the running store. */
  readonly pid: () => number;
  /** Ends it with a signal and waits for its end; answers its exit code (null when killed). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it (again) on the same data and waits until it answers. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise<void>((done) => server.close(() => done()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Runs `main` of the store package on an installation file; its output is collected. */
export function runMain(config: string, name: string): { child: ChildProcess; output: () => string } {
  const entry = new URL('../main.ts', import.meta.url).href;
  const script = `import { main } from ${JSON.stringify(entry)}; main(${JSON.stringify({ config, name })}).catch((error) => {
    process.stderr.write(String(error) + ' hint: ' + error.hint + '\\n'); process.exit(2); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done) => {
    child.once('exit', (code) => done(code));
  });
}

export function writeInstallation(folder: string, listen: string, more = ''): string {
  const config = join(folder, 'kaiku.yaml');
  // No broker listens there: a store runs without one.
  writeFileSync(
    config,
    `version: 1\ninstallation: Test\ndataDir: data\nbroker: { url: nats://127.0.0.1:9 }\nstores:\n  - { name: store-1, listen: ${listen}${more} }\n`,
  );
  return config;
}

export async function embeddedStore(): Promise<EmbeddedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'kaiku-store-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const config = writeInstallation(folder, listen, ', password: secret');
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const run = runMain(config, 'store-1');
    child = run.child;
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (run.child.exitCode !== null) break;
      const answer = await fetch(`http://${listen}/ping`).catch(() => undefined);
      if (answer?.ok === true) return;
      await sleep(20);
    }
    throw new Error(`the store did not start:\n${run.output()}`);
  };
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (running === undefined) return null;
    running.kill(signal);
    return ended(running);
  };
  await start();
  return {
    address: { name: 'store-1', url: `http://${listen}`, user: 'kaiku', password: 'secret', database: 'kaiku' },
    folder: join(folder, 'data', 'store', 'store-1'),
    pid: () => child?.pid ?? 0,
    start,
    end,
    remove: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
