/**
 * The bytes' way to one broker site: TCP, TLS, or (where only 443 is open) WebSocket, chosen by the URL.
 *
 * The client library's own transports are not used for two reasons: it knows one kind at a time in a process, and
 * giving a connection up it first waits until everything written is sent, which through a black hole is never.
 * Here giving up means destroying the socket.
 */
import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/transport-node';
import type { ConnectionOptions, NatsConnection, Server, ServerInfo, Transport } from '@nats-io/transport-node';
import { createWebSocketStream, WebSocket } from 'ws';

interface SiteConnectionOptions extends ConnectionOptions {
  /** Certificate authority, PEM. */
  readonly ca?: string | undefined;
}

const GREETING = /^INFO\s+([^\r\n]+)\r\n/i;
const MAX_GREETING_BYTES = 64 * 1024;
/** The broker's frames hold what it has to send, at most a few messages. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** @throws what kept the connection from being made */
export async function connectSite(options: SiteConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new SiteTransport() });
  return NatsConnectionImpl.connect({ ...options, resolve: false, ignoreClusterUpdates: true });
}

class SiteTransport implements Transport {
  readonly lang = 'nats.js';
  readonly version = '3.4.0';
  closeError?: Error;
  #stream: Duplex | undefined;
  #greeting = new Uint8Array(0);
  #encrypted = false;
  #done = false;
  readonly #closed = Promise.withResolvers<void | Error>();

  get isClosed(): boolean {
    return this.#done;
  }

  async connect(server: Server & { readonly src: string }, options: SiteConnectionOptions): Promise<void> {
    const url = new URL(/^\w+:\/\//.test(server.src) ? server.src : `nats://${server.src}`);
    const stream = await this.#dial(url, server, options);
    if (this.#done) {
      stream.destroy();
      throw new Error('given up');
    }
    stream.on('error', (error) => (this.closeError ??= error));
    stream.once('close', () => this.#end());
  }

  async #dial(url: URL, server: Server, options: SiteConnectionOptions): Promise<Duplex> {
    if (url.protocol === 'ws:' || url.protocol === 'wss:') return this.#dialWebSocket(url, options);
    const plain = connectTcp({ host: server.hostname, port: server.port, noDelay: true });
    this.#stream = plain;
    await once(plain, 'connect');
    const info = await this.#greet(plain);
    const wanted = url.protocol === 'tls:' || options.ca !== undefined;
    if (wanted && info.tls_required !== true && info.tls_available !== true) {
      plain.destroy();
      throw new Error('the broker offers no TLS');
    }
    if (!wanted && info.tls_required !== true) return plain;
    const secure = connectTls({
      socket: plain,
      // Where the host is an address, the certificate is checked against it, but it is no name to ask for.
      host: server.hostname,
      ...(isIP(server.hostname) === 0 ? { servername: server.hostname } : {}),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    this.#stream = secure;
    this.#encrypted = true;
    await once(secure, 'secureConnect');
    return secure;
  }

  async #dialWebSocket(url: URL, { ca }: SiteConnectionOptions): Promise<Duplex> {
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      ...(ca === undefined ? {} : { ca }),
    });
    const stream = createWebSocketStream(socket);
    this.#stream = stream;
    this.#encrypted = url.protocol === 'wss:';
    await this.#greet(stream);
    return stream;
  }

  /** The server speaks first: reads its INFO, and keeps it for the protocol's parser. */
  async #greet(stream: Duplex): Promise<ServerInfo> {
    let bytes = Buffer.alloc(0);
    for (;;) {
      const chunk: unknown = stream.read();
      if (chunk instanceof Uint8Array) {
        bytes = Buffer.concat([bytes, chunk]);
        const found = GREETING.exec(bytes.toString('latin1'));
        if (found?.[1] !== undefined) {
          this.#greeting = new Uint8Array(bytes);
          return JSON.parse(Buffer.from(found[1], 'latin1').toString()) as ServerInfo;
        }
        if (bytes.length > MAX_GREETING_BYTES || !'INFO'.startsWith(bytes.subarray(0, 4).toString().toUpperCase())) {
          throw new Error('this is no NATS server');
        }
      }
      await Promise.race([
        once(stream, 'readable'),
        once(stream, 'close').then(() => Promise.reject(new Error('the broker closed the connection'))),
      ]);
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const greeting = this.#greeting;
    const stream = this.#stream;
    yield greeting;
    if (stream === undefined) return;
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch {
      // Told by `closed`.
    }
  }

  send(frame: Uint8Array): void {
    if (!this.#done) this.#stream?.write(frame);
  }

  isEncrypted(): boolean {
    return this.#encrypted;
  }

  close(error?: Error): Promise<void> {
    if (error !== undefined) this.closeError ??= error;
    this.disconnect();
    return Promise.resolve();
  }

  /** At once: what is not sent yet is the senders' to send again. */
  disconnect(): void {
    this.#stream?.destroy();
    this.#end();
  }

  discard(): void {
    this.#done = true;
    this.#stream?.destroy();
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#closed.resolve(this.closeError);
  }
}
