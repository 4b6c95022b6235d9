/**
 * Ports for servers of tests, below those the system gives to outgoing connections: a server that is dead for a while finds
 * its port free again, and a client that tries to reach it meanwhile cannot meet itself there.
 */
import { createServer } from 'node:net';

const FIRST = 22_000;
const COUNT = 10_000;
const TRIES = 50;

/** A TCP port that was free a moment ago; drawn, so that tests and runs beside each other hardly ever get the same. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`none of ${TRIES} ports from ${FIRST} to ${FIRST + COUNT - 1} is free on ${host}`);
}

export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((done) => {
    server.once('error', () => done(false));
    server.listen(port, host, () => done(true));
  });
  if (listening) await new Promise((done) => server.close(done));
  return listening;
}
