/**
 * One UDP socket an address family for all devices. net-snmp believes in a socket a session and matches
 * replies by request id alone; here each session gets a `PeerSocket` that sends through the shared socket and
 * hears only what comes from its own device's address and port. Anything else is dropped and counted.
 *
 * A datagram that makes the library throw is counted and dropped: it ends nothing.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';

export type Family = 'udp4' | 'udp6';

/** Room for answers of many devices that come at once; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export class SnmpTransport {
  readonly #sockets = new Map<Family, Socket>();
  readonly #peers = new Map<string, Set<PeerSocket>>();
  /** Datagrams from an address or port nobody was asked at. */
  strays = 0;
  /** Datagrams from a device that are not SNMP. */
  malformed = 0;

  /** A stand-in for node:dgram whose sockets talk to one device only. */
  moduleFor(address: string, port: number): { createSocket(): PeerSocket } {
    return { createSocket: () => this.#open(address, port) };
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#peers.clear();
  }

  #open(address: string, port: number): PeerSocket {
    const key = peerKey(address, port);
    const family: Family = address.includes(':') ? 'udp6' : 'udp4';
    const peer = new PeerSocket(
      (bytes, done) => this.#socket(family).send(bytes, port, address, done),
      () => {
        const peers = this.#peers.get(key);
        peers?.delete(peer);
        if (peers?.size === 0) this.#peers.delete(key);
      },
    );
    const peers = this.#peers.get(key);
    if (peers === undefined) this.#peers.set(key, new Set([peer]));
    else peers.add(peer);
    return peer;
  }

  #socket(family: Family): Socket {
    let socket = this.#sockets.get(family);
    if (socket !== undefined) return socket;
    socket = createSocket({ type: family, recvBufferSize: RECEIVE_BUFFER_BYTES });
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    // A socket that fails is replaced at the next request; what was under way times out.
    socket.on('error', () => {
      if (this.#sockets.get(family) === socket) this.#sockets.delete(family);
      socket.close();
    });
    this.#sockets.set(family, socket);
    return socket;
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const peers = this.#peers.get(peerKey(from.address, from.port));
    if (peers === undefined) {
      this.strays += 1;
      return;
    }
    for (const peer of peers) {
      try {
        peer.emit('message', bytes, from);
      } catch {
        this.malformed += 1;
      }
    }
  }
}

/** What net-snmp takes for a dgram socket. */
export class PeerSocket extends EventEmitter {
  readonly #send: (bytes: Uint8Array, done: (error: Error | null) => void) => void;
  readonly #release: () => void;

  constructor(send: (bytes: Uint8Array, done: (error: Error | null) => void) => void, release: () => void) {
    super();
    this.#send = send;
    this.#release = release;
  }

  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    _port: number,
    _address: string,
    done: (error: Error | null) => void,
  ): void {
    this.#send(bytes.subarray(offset, offset + length), done);
  }

  close(): void {
    this.#release();
    this.emit('close');
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function peerKey(address: string, port: number): string {
  return `${address}#${port}`;
}
