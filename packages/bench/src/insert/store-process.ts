/** An embedded store in a process of its own, as `kaiku up` runs one, on a folder that goes with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Store } from '@kaiku/store';
import { BenchError } from '../errors.ts';

const START_MS = 20_000;
const NAME = 'bench-store';

export class StoreProcess {
  readonly store: Store;
  readonly #url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
    this.store = openStore({ name: NAME, url, user: 'kaiku', password: '', database: 'kaiku' });
  }

  /** Starts it and makes its tables. @throws BenchError when it does not answer in time */
  static async open(): Promise<StoreProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'kaiku-bench-insert-'));
    const listen = `127.0.0.1:${await freePort()}`;
    const config = join(folder, 'kaiku.yaml');
    await writeFile(
      config,
      `version: 1\ninstallation: Bench\ndataDir: data\nlogLevel: error\nbroker: { url: nats://127.0.0.1:9 }\n` +
        `stores:\n  - { name: ${NAME}, listen: ${listen} }\n`,
    );
    const entry = JSON.stringify(import.meta.resolve('@kaiku/store/main'));
    const script = `import { main } from ${entry}; await main(${JSON.stringify({ config, name: NAME })});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, KAIKU_SUPERVISED: '1' },
    });
    const opened = new StoreProcess(child, folder, `http://${listen}`);
    const deadline = Date.now() + START_MS;
    while (!(await opened.store.ping())) {
      if (Date.now() > deadline || child.exitCode !== null) {
        await opened.close();
        throw new BenchError('the embedded store did not start', { hint: 'its last lines are above' });
      }
      await sleep(50);
    }
    await opened.store.migrate();
    return opened;
  }

  /** A statement, or an insert with its body, straight over HTTP. */
  async send(query: string, body?: string): Promise<void> {
    // Text is parsed by all threads: the store's own default saves the memory, a bench is to be fair.
    const address = `${this.#url}/?database=kaiku&input_format_parallel_parsing=1&query=${encodeURIComponent(query)}`;
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': 'kaiku' },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new BenchError(`the store refused "${query.slice(0, 60)}": ${text}`);
  }

  /** Resident memory of its process, MiB; undefined where the system does not tell. */
  async residentMib(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    const kib = /VmRSS:\s+(\d+)/.exec(status)?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  }

  async close(): Promise<void> {
    await this.store.close();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
