/**
 * Syslog over TCP and TLS: connections, limited in number, by source, in idleness and in slowness. Messages that come faster
 * than they are taken are not lost: the connection is not read until there is room, and the sender waits.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from 'node:tls';
import type { TokenBucket } from '../admit/token-bucket.ts';
import { Framer, type Frame } from '../syslog/framing.ts';
import { plainAddress } from './address.ts';
import type { Certificates } from '../certificates.ts';
import type { Place, StreamLimits } from './messages.ts';

export interface StreamDesk {
  readonly limits: StreamLimits;
  /** One a source: whoever comes back at once has spent what he has spent. */
  bucket(source: string, nowMs: number): TokenBucket;
  /** May this connection hand over a message now? */
  admits(bucket: TokenBucket, nowMs: number): boolean;
  hear(frame: Frame, source: string): void;
  /** A connection was turned away. */
  turnedAway(source: string): void;
}

interface Connection {
  readonly source: string;
  readonly socket: Socket;
  readonly framer: Framer;
  readonly bucket: TokenBucket;
  heardMs: number;
  /** Since when a message has been waiting for its rest; 0: none does. */
  partialMs: number;
  /** Not read until the message held is admitted. */
  paused: boolean;
  held: Frame | undefined;
  /** Its sender has gone. What was read of it waits for its turn like everything else. */
  over: boolean;
}

/** From its first octet a message must be whole within this. */
const MESSAGE_MS = 30_000;
const HANDSHAKE_MS = 10_000;
const PEER_BACKLOG = 128;

export class SyslogStreams {
  readonly #desk: StreamDesk;
  readonly #servers: Server[] = [];
  /** Accepted sockets, also those whose handshake is under way. */
  readonly #sockets = new Map<Socket, string>();
  readonly #connections = new Set<Connection>();
  #tls: TlsServer | undefined;

  constructor(desk: StreamDesk) {
    this.#desk = desk;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** @throws what the system says */
  async listenTcp(place: Place): Promise<void> {
    const server = createServer((socket) => {
      if (this.#accept(socket)) this.#serve(socket);
    });
    await this.#listen(server, place);
  }

  /** @throws what the system says */
  async listenTls(place: Place, certificates: Certificates): Promise<void> {
    const clients = certificates.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    const server = createTlsServer({ ...contextOf(certificates), ...clients, handshakeTimeout: HANDSHAKE_MS });
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('secureConnection', (socket) => this.#serve(socket));
    server.on('tlsClientError', (_, socket) => socket.destroy());
    await this.#listen(server, place);
    this.#tls = server;
  }

  /** For connections from now on. */
  renew(certificates: Certificates): void {
    this.#tls?.setSecureContext(contextOf(certificates));
  }

  /** Reads on where there is room again; ends what is idle or slow. Called several times a second. */
  sweep(nowMs: number): void {
    for (const connection of this.#connections) {
      const { socket, heardMs, partialMs, paused } = connection;
      if (paused) this.#drain(connection, nowMs);
      else if (nowMs - heardMs > this.#desk.limits.idleMs || (partialMs > 0 && nowMs - partialMs > MESSAGE_MS)) {
        this.#over(connection, nowMs);
        socket.destroy();
      }
    }
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) this.#hearRest(connection);
    for (const socket of this.#sockets.keys()) socket.destroy();
    await Promise.all(
      this.#servers.map(
        (server) =>
          new Promise<void>((done) => {
            server.close(() => done());
          }),
      ),
    );
  }

  async #listen(server: Server, { host, port }: Place): Promise<void> {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen({ host, port, backlog: PEER_BACKLOG }, () => {
        server.off('error', fail);
        done();
      });
    });
    server.on('error', () => undefined);
    this.#servers.push(server);
  }

  /** False: one too many, and gone. */
  #accept(socket: Socket): boolean {
    socket.on('error', () => socket.destroy());
    const source = plainAddress(socket.remoteAddress ?? '');
    const { connections, connectionsPerSource } = this.#desk.limits;
    const waiting = [...this.#connections].filter(({ over }) => over).map((each) => each.source);
    const sources = [...this.#sockets.values(), ...waiting];
    if (sources.length >= connections || sources.filter((each) => each === source).length >= connectionsPerSource) {
      this.#desk.turnedAway(source);
      socket.destroy();
      return false;
    }
    this.#sockets.set(socket, source);
    socket.once('close', () => this.#sockets.delete(socket));
    return true;
  }

  #serve(socket: Socket): void {
    const nowMs = performance.now();
    const source = plainAddress(socket.remoteAddress ?? '');
    const connection: Connection = {
      source,
      socket,
      framer: new Framer(),
      bucket: this.#desk.bucket(source, nowMs),
      heardMs: nowMs,
      partialMs: 0,
      paused: false,
      held: undefined,
      over: false,
    };
    this.#connections.add(connection);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      connection.framer.push(chunk);
      this.#drain(connection, performance.now());
    });
    socket.once('end', () => this.#over(connection, performance.now()));
    // A connection that is broken off has no end.
    socket.once('close', () => this.#over(connection, performance.now()));
  }

  #drain(connection: Connection, nowMs: number): void {
    const { framer, bucket, source, socket, over } = connection;
    connection.heardMs = nowMs;
    for (;;) {
      // The rest of a message whose sender has gone is a message.
      const frame = connection.held ?? (over ? framer.last() : framer.next());
      connection.held = undefined;
      if (frame === undefined) break;
      connection.partialMs = 0;
      if (!this.#desk.admits(bucket, nowMs)) {
        connection.held = frame;
        connection.paused = true;
        socket.pause();
        return;
      }
      this.#desk.hear(frame, source);
    }
    if (over) {
      this.#connections.delete(connection);
      return;
    }
    if (framer.waiting === 0) connection.partialMs = 0;
    else if (connection.partialMs === 0) connection.partialMs = nowMs;
    if (!connection.paused) return;
    connection.paused = false;
    socket.resume();
  }

  #over(connection: Connection, nowMs: number): void {
    if (connection.over) return;
    connection.over = true;
    if (!connection.paused) this.#drain(connection, nowMs);
  }

  /** At the end of listening nothing waits any more. */
  #hearRest(connection: Connection): void {
    const { framer, source } = connection;
    const next = (): Frame | undefined => connection.held ?? framer.last();
    for (let frame = next(); frame !== undefined; frame = next()) {
      connection.held = undefined;
      this.#desk.hear(frame, source);
    }
    this.#connections.delete(connection);
  }
}

function contextOf({ cert, key, ca }: Certificates): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
}
