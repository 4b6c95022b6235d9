/**
 * A hundred ports for clusters. They are chosen, not given by the system: a part that is dead for a while must find its port
 * again, and nobody's outgoing connection may have taken it. Two runs at once get different hundreds.
 */
import { createServer } from 'node:net';
import { ServerStartError } from '../errors.ts';

export interface PortRange {
  readonly basePort: number;
  readonly release: () => Promise<void>;
}

const PORTS = 100;
const RANGES = 8;

/** The first hundred from `basePort` on that no other run holds. Its last port is listened on meanwhile. */
export async function holdPorts(basePort: number): Promise<PortRange> {
  for (let range = 0; range < RANGES; range += 1) {
    const first = basePort + range * PORTS;
    const release = await listenOn(first + PORTS - 1);
    if (release !== undefined) return { basePort: first, release };
  }
  throw new ServerStartError(`no hundred of the ports from ${basePort} on is free`, {
    hint: `other runs hold them: ss -ltnp 'sport >= ${basePort}'`,
  });
}

async function listenOn(port: number): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  const listening = await new Promise<boolean>((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => done(true));
  });
  if (!listening) return undefined;
  return () =>
    new Promise((done) => {
      server.close(() => done());
    });
}
