/**
 * A real nats-server with JetStream for tests. In this order: the address in KAIKU_TEST_NATS_URL, the
 * local binary, a container. KAIKU_TEST_SERVERS=containers leaves the local binary out.
 */
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ServerStartError } from '../errors.ts';
import { findBinary } from './binary.ts';
import { containersWanted, startContainer } from './container.ts';
import { freePort, tempDir, type TempDir } from './places.ts';
import { startProcess, type ServerProcess } from './process.ts';

export interface NatsServer {
  readonly url: string;
  /** Ends it and removes its data. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; the data stays. Only of a server that is the test's own. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, with its data or, when `wipe`, without. Likewise. */
  readonly restart: (options?: { readonly wipe?: boolean }) => Promise<void>;
}

const READY_MS = 15_000;
const IMAGE = 'kaiku/nats:local';
const CLIENT_PORT = 4222;
/** As `kaiku up` configures it: room for the largest batch. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

export async function startNats({ port }: { readonly port?: number } = {}): Promise<NatsServer> {
  const url = process.env['KAIKU_TEST_NATS_URL'];
  if (url !== undefined && url !== '') return { url, stop: async () => undefined, kill: notOurs, restart: notOurs };
  const binary = containersWanted() ? undefined : findBinary('nats-server');
  const own = port ?? (await freePort());
  return binary === undefined ? startContained(own) : startLocal(binary, own);
}

function notOurs(): Promise<never> {
  return Promise.reject(new ServerStartError('this nats-server is not a process of the test'));
}

async function startLocal(binary: string, port: number): Promise<NatsServer> {
  let data: TempDir = await tempDir('nats');
  const run = async (): Promise<ServerProcess> => {
    const config = join(data.path, 'nats.conf');
    await writeFile(
      config,
      `listen: 127.0.0.1:${port}\nmax_payload: ${MAX_PAYLOAD_BYTES}\njetstream { store_dir: "${data.path}/js" }\n`,
    );
    return startProcess({
      binary,
      arguments: ['-c', config],
      ready: () => greets(port),
      readyMs: READY_MS,
      what: 'nats-server',
    });
  };
  let server = await run();
  return {
    url: `nats://127.0.0.1:${port}`,
    stop: async () => {
      await server.stop();
      await data.remove();
    },
    kill: () => server.kill(),
    restart: async ({ wipe = false } = {}) => {
      await server.stop();
      if (wipe) {
        await data.remove();
        data = await tempDir('nats');
      }
      server = await run();
    },
  };
}

/** True when a nats-server sends its INFO line. */
function greets(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    // A container's port accepts, and closes, before the server behind it listens.
    socket.once('close', () => end(false));
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('INFO')));
  });
}

async function startContained(port: number): Promise<NatsServer> {
  const text = `listen: 0.0.0.0:${CLIENT_PORT}\nmax_payload: ${MAX_PAYLOAD_BYTES}\njetstream { store_dir: "/data" }\n`;
  const { stop, kill, restart } = await startContainer({
    image: IMAGE,
    ports: [{ container: CLIENT_PORT, host: port, protocol: 'tcp' }],
    files: [{ path: '/etc/kaiku/nats.conf', text }],
    ready: () => greets(port),
    readyMs: READY_MS,
  });
  return { url: `nats://127.0.0.1:${port}`, stop, kill, restart };
}
