/** A real nats-server for tests: on a port of its own, killed and started again at will. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isFree } from './free-port.ts';

export interface TestNats {
  readonly url: string;
  /** SIGKILL, as a power cut does it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Deletes what the killed server had stored. */
  wipe(): void;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

const START_MS = 30_000;
const NATS_SERVER = 'nats-server';
/** System administration's folders are not in everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

async function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/** @param extra further lines of its configuration file; `jetstream`: of that block */
export async function startNats(chosenPort?: number, extra = '', jetstream = ''): Promise<TestNats> {
  const port = chosenPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'kaiku-broker-'));
  const config = join(folder, 'nats.conf');
  const data = join(folder, 'jetstream');
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}\nmax_payload: 8MB\njetstream { store_dir: "${data}"\n${jetstream} }\n${extra}\n`,
  );
  let child: ChildProcess | undefined;

  // Should the test's own process end without removing it, it ends too.
  const orphan = (): void => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', orphan);

  const start = async (): Promise<void> => {
    // Another test's server would answer in its place.
    if (!(await isFree(port))) throw new Error(`something listens on ${port} already`);
    const started = spawn(NATS_SERVER, ['-c', config], { stdio: 'ignore', env: { ...process.env, PATH } });
    child = started;
    const deadline = Date.now() + START_MS;
    while (!(await answers(port))) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error(`nats-server did not start on ${port}`);
      await sleep(20);
    }
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((done) => running.once('exit', done));
    running.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    wipe: () => rmSync(data, { recursive: true, force: true }),
    remove: async () => {
      process.removeListener('exit', orphan);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
