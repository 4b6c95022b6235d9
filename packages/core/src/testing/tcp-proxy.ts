/** A TCP proxy for tests that loses what passes it, one way or both, without closing anything: a black hole. */
import { connect, createServer, type Socket } from 'node:net';

export type Direction = 'up' | 'down';

export interface TcpProxy {
  readonly port: number;
  /** From now on, also on new connections, nothing passes in these directions. */
  swallow(...directions: readonly Direction[]): void;
  /** Resets every connection. */
  reset(): void;
  /** Resets the connection that passes this many further bytes upwards. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

export async function startProxy(port: number, target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let swallowed: readonly Direction[] = [];
  let left = Infinity;

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    const end = (): void => {
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      if (swallowed.includes('up')) return;
      left -= chunk.length;
      upstream.write(left < 0 ? chunk.subarray(0, chunk.length + left) : chunk, () => {
        if (left < 0) end();
      });
      if (left < 0) setImmediate(() => (left = Infinity));
    });
    upstream.on('data', (chunk) => {
      if (!swallowed.includes('down')) client.write(chunk);
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  const reset = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    swallow: (...directions) => (swallowed = directions),
    reset,
    cutAfter: (bytes) => (left = bytes),
    close: async () => {
      reset();
      await new Promise((done) => server.close(done));
    },
  };
}
