/** Places for tests: free ports and folders of their own. */
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A TCP port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, host, done);
  });
  const address = server.address();
  await new Promise<void>((done) => {
    server.close(() => done());
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A UDP port that was free a moment ago. */
export async function freeUdpPort(host = '127.0.0.1'): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((done, fail) => {
    socket.once('error', fail);
    socket.bind(0, host, done);
  });
  const { port } = socket.address();
  await new Promise<void>((done) => {
    socket.close(() => done());
  });
  return port;
}

export interface TempDir {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

export async function tempDir(name = 'test'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `kaiku-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
