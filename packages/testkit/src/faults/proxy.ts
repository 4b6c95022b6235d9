/**
 * A TCP proxy that is the bad network between two parts: delay, a thin line, stalls as packet loss makes them,
 * cuts in the middle of a message, black holes (nothing passes, nothing is reset) one way or both, refusal.
 *
 * ```
 *  client ──▶ up ──▶ [ hole? stall? delay, rate ] ──▶ target
 *  client ◀── down ◀──────── the same ◀────────────── target
 * ```
 * The way may change while connections live. Backpressure is kept: one chunk each way is in hand, and with a delay what is
 * on the way; so the kernel's buffers fill and the sender feels the line as it is.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from './random.ts';

export interface Way {
  /** Added to each chunk, each way. */
  readonly delayMs?: number;
  /** Each way: 8000 is 64 kbit/s. */
  readonly bytesPerSecond?: number;
  /** Chance that a chunk waits for a retransmission, and how long that takes. */
  readonly stall?: { readonly chance: number; readonly ms: number };
  /** Swallows what goes towards the target, towards the client, or both. Connections stay open. */
  readonly hole?: 'up' | 'down' | 'both';
  /** Resets each connection after so many bytes towards the target. */
  readonly cutAfterBytes?: number;
  /** New connections are reset at once. */
  readonly refuse?: boolean;
}

export interface Proxy {
  readonly port: number;
  /** Changes the way from now on, of living connections too. */
  set(way: Way): void;
  /** Resets every connection. */
  cut(): void;
  readonly connections: number;
  /** Bytes that reached the target. */
  readonly bytesUp: number;
  /** Bytes that went into a hole. */
  readonly swallowed: number;
  close(): Promise<void>;
}

const CHUNK_MS = 50;
const MOST_ON_THE_WAY = 1024 * 1024;

export async function startProxy(
  port: number,
  target: { readonly host?: string; readonly port: number },
  seed = 1,
): Promise<Proxy> {
  const roll = random(seed);
  const pairs = new Set<Socket>();
  let way: Way = {};
  let bytesUp = 0;
  let swallowed = 0;

  const pass = async (from: Socket, to: Socket, direction: 'up' | 'down'): Promise<void> => {
    let passed = 0;
    let onTheWay = 0;
    let before: Promise<void> = Promise.resolve();
    /** Behind what was sent before, and not before its time. */
    const arrive = async (last: Promise<void>, dueMs: number, bytes: Buffer): Promise<void> => {
      await last;
      await sleep(Math.max(0, dueMs - performance.now()));
      onTheWay -= bytes.length;
      if (!to.destroyed && !to.write(bytes)) await drained(to);
    };
    for await (const chunk of from as AsyncIterable<Buffer>) {
      // A piece at a time, so that a thin line is thin from the first byte.
      const piece = Math.max(1, Math.floor((way.bytesPerSecond ?? Infinity) * (CHUNK_MS / 1000)));
      for (let at = 0; at < chunk.length; at += piece) {
        const { delayMs = 0, bytesPerSecond, stall, cutAfterBytes } = way;
        const bytes = chunk.subarray(at, Math.min(chunk.length, at + piece));
        if (bytesPerSecond !== undefined) await sleep((bytes.length / bytesPerSecond) * 1000);
        if (stall !== undefined && roll() < stall.chance) await sleep(stall.ms);
        if (way.hole === direction || way.hole === 'both') {
          swallowed += bytes.length;
          continue;
        }
        passed += bytes.length;
        if (direction === 'up') bytesUp += bytes.length;
        if (direction === 'up' && cutAfterBytes !== undefined && passed >= cutAfterBytes) {
          to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
          from.resetAndDestroy();
          to.resetAndDestroy();
          return;
        }
        if (delayMs > 0 || onTheWay > 0) {
          onTheWay += bytes.length;
          before = arrive(before, performance.now() + delayMs, bytes);
          if (onTheWay > MOST_ON_THE_WAY) await before;
        } else if (!to.write(bytes)) await drained(to);
      }
    }
    await before;
    to.end();
  };

  const server: Server = createServer((client) => {
    if (way.refuse === true) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target.port, target.host ?? '127.0.0.1');
    pairs.add(client).add(upstream);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        pairs.delete(socket);
        // A line that swallows everything swallows the end of a connection too.
        if (way.hole === undefined) other.destroy();
      });
    }
    pass(client, upstream, 'up').catch(() => upstream.destroy());
    pass(upstream, client, 'down').catch(() => client.destroy());
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  const cut = (): void => {
    for (const socket of pairs) socket.resetAndDestroy();
  };
  return {
    port,
    set: (next) => {
      way = next;
    },
    cut,
    get connections() {
      return Math.ceil(pairs.size / 2);
    },
    get bytesUp() {
      return bytesUp;
    },
    get swallowed() {
      return swallowed;
    },
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      cut();
      await closed;
    },
  };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      socket.off('drain', end).off('close', end);
      done();
    };
    socket.once('drain', end).once('close', end);
    if (socket.destroyed) end();
  });
}
