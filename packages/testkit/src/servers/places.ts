/** Places for tests: free ports and folders of their own. */
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export { freePort } from '@kaiku/core/testing';

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
