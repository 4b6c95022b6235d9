/**
 * A store for tests: the embedded engine behind ClickHouse's HTTP interface. In this order: the address in
 * KAIKU_TEST_STORE_URL (any ClickHouse), a process of this checkout, a container of it
 * (KAIKU_TEST_SERVERS=containers).
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ServerStartError } from '../errors.ts';
import { containersWanted, startContainer } from './container.ts';
import { freePort, tempDir } from './places.ts';
import { startProcess, type ServerProcess } from './process.ts';

export interface StoreServer {
  /** For an entry of `stores:`. Its user is `kaiku`, without a password. */
  readonly url: string;
  /** Ends it and removes its data. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; the data stays. Only of a store that is the test's own. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, with its data or, when `wipe`, without. Likewise. */
  readonly restart: (options?: { readonly wipe?: boolean }) => Promise<void>;
}

const READY_MS = 30_000;
const IMAGE = 'kaiku/node:local';
const HTTP_PORT = 8123;
const NAME = 'store-1';
const ROOT = resolve(import.meta.dirname, '../../../..');
const MAIN = join(ROOT, 'packages/cli/src/main.ts');

export async function startStore({ port }: { readonly port?: number } = {}): Promise<StoreServer> {
  const url = process.env['KAIKU_TEST_STORE_URL'];
  if (url !== undefined && url !== '') return { url, stop: async () => undefined, kill: notOurs, restart: notOurs };
  const own = port ?? (await freePort());
  return containersWanted() ? startContained(own) : startLocal(own);
}

function notOurs(): Promise<never> {
  return Promise.reject(new ServerStartError('this store is not a process of the test'));
}

/** Nothing listens at its broker: a store runs without one. */
function configOf(dataDir: string, listen: string): string {
  return `version: 1
installation: Test
dataDir: ${dataDir}
broker: { url: nats://127.0.0.1:9 }
stores: [{ name: ${NAME}, listen: "${listen}" }]
`;
}

async function pings(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/ping`)).ok;
}

async function startLocal(port: number): Promise<StoreServer> {
  let folder = await tempDir('store');
  const run = async (): Promise<ServerProcess> => {
    const config = join(folder.path, 'kaiku.yaml');
    await writeFile(config, configOf('data', `127.0.0.1:${port}`));
    return startProcess({
      binary: process.execPath,
      arguments: [MAIN, 'store', '-c', config, '--name', NAME],
      ready: () => pings(port),
      readyMs: READY_MS,
      what: 'the store',
    });
  };
  let server = await run();
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => server.kill(),
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
    restart: async ({ wipe = false } = {}) => {
      await server.stop();
      if (wipe) {
        await folder.remove();
        folder = await tempDir('store');
      }
      server = await run();
    },
  };
}

async function startContained(port: number): Promise<StoreServer> {
  const config = '/etc/kaiku/kaiku.yaml';
  const { stop, kill, restart } = await startContainer({
    image: IMAGE,
    command: ['node', MAIN, 'store', '-c', config, '--name', NAME],
    ports: [{ container: HTTP_PORT, host: port, protocol: 'tcp' }],
    files: [{ path: config, text: configOf('/data', `0.0.0.0:${HTTP_PORT}`) }],
    folders: [ROOT],
    ready: () => pings(port),
    readyMs: READY_MS,
  });
  return { url: `http://127.0.0.1:${port}`, stop, kill, restart };
}
