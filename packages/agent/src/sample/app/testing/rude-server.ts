/** A TCP server that behaves as a test tells it, on a free port of loopback. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RudeServer {
  readonly port: number;
  readonly stop: () => void;
}

/** @param behave what it does with each connection */
export function startRudeServer(behave: (socket: Socket) => void): Promise<RudeServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    behave(socket);
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const stop = (): void => {
        for (const socket of open) socket.destroy();
        server.close();
      };
      done({ port, stop });
    });
  });
}

/** Sends the same piece again and again as fast as it is taken. */
export function flood(socket: Socket, piece: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}
