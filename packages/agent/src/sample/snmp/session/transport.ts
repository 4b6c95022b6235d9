/**
 * A few UDP sockets an address family for all devices. Sessions register for their device's address and port and hear
 * only what comes from there; anything else is counted and dropped. Request ids are unique over all sessions and begin
 * at random, so that nobody who has not seen a request can answer it.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { SocketAddress } from 'node:net';
import { Deadlines } from './deadlines.ts';

type Family = 'udp4' | 'udp6';

/** Room for answers of many devices that come at once; the system may grant less (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Each has a buffer of its own; more add nothing but room. */
const SOCKETS_PER_FAMILY = 2;
const MOST_ID = 0x7fffffff;

/** Who hears what comes from a device. */
export interface Listener {
  /** False when it waits for no such answer. */
  receive(bytes: Buffer): boolean;
}

export interface Link {
  /** Sends; `failed` hears of what the system refuses at once. */
  send(bytes: Buffer, failed: (error: Error | null) => void): void;
  close(): void;
}

export class SnmpTransport {
  readonly deadlines = new Deadlines();
  readonly #sockets: Record<Family, (Socket | undefined)[]> = { udp4: [], udp6: [] };
  readonly #listeners = new Map<string, Listener[]>();
  #id = randomInt(1, MOST_ID);
  #links = 0;
  #closed = false;
  /** Datagrams sent and received. */
  sent = 0;
  received = 0;
  /** Datagrams from an address or port nobody was asked at. */
  strays = 0;
  /** Answers nobody waits for any more. */
  late = 0;
  /** Datagrams from a device that are not SNMP, or not what was asked. */
  malformed = 0;
  /** Datagrams with a wrong digest, from another engine, or out of their time. */
  forged = 0;

  /** A request id: not zero, never used again for two billion requests. */
  nextId(): number {
    this.#id = this.#id >= MOST_ID ? 1 : this.#id + 1;
    return this.#id;
  }

  /** @param address an IP address */
  link(address: string, port: number, listener: Listener): Link {
    const family: Family = address.includes(':') ? 'udp6' : 'udp4';
    const key = `${family === 'udp6' ? canonical(address) : address}#${port}`;
    const number = this.#links % SOCKETS_PER_FAMILY;
    this.#links += 1;
    this.#listeners.set(key, [...(this.#listeners.get(key) ?? []), listener]);
    return {
      send: (bytes, failed) => {
        this.sent += 1;
        this.#socket(family, number)?.send(bytes, port, address, failed);
      },
      close: () => {
        const rest = (this.#listeners.get(key) ?? []).filter((each) => each !== listener);
        if (rest.length === 0) this.#listeners.delete(key);
        else this.#listeners.set(key, rest);
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.deadlines.clear();
    for (const sockets of Object.values(this.#sockets)) for (const socket of sockets.splice(0)) socket?.close();
    this.#listeners.clear();
  }

  /** Datagrams the system dropped because a socket's buffer was full, since the sockets were opened; 0 when unknown. */
  dropped(): number {
    let drops = 0;
    for (const [family, sockets] of Object.entries(this.#sockets)) {
      const ports = new Set(sockets.flatMap((socket) => (socket === undefined ? [] : [localPort(socket)])));
      if (ports.size > 0) drops += dropsOf(family === 'udp4' ? '/proc/net/udp' : '/proc/net/udp6', ports);
    }
    return drops;
  }

  #socket(family: Family, number: number): Socket | undefined {
    if (this.#closed) return undefined;
    const sockets = this.#sockets[family];
    const known = sockets[number];
    if (known !== undefined) return known;
    const version = family === 'udp6' ? 6 : 4;
    const socket = createSocket({
      type: family,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Addresses are resolved already: no detour through a resolver's callback.
      lookup: (address, _options, done) => done(null, address, version),
    });
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    // A socket that fails is replaced at the next request; what was under way times out.
    socket.on('error', () => {
      if (sockets[number] === socket) sockets[number] = undefined;
      socket.close();
    });
    sockets[number] = socket;
    return socket;
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo): void {
    this.received += 1;
    const listeners = this.#listeners.get(`${unscoped(address)}#${port}`);
    if (listeners === undefined) this.strays += 1;
    else if (!listeners.some((listener) => listener.receive(bytes))) this.late += 1;
  }
}

/** IPv6 as the system writes it, without the interface of a link-local one: that has a name and a number, and may be left out. */
function canonical(address: string): string {
  return new SocketAddress({ family: 'ipv6', address: unscoped(address) }).address;
}

function unscoped(address: string): string {
  const at = address.indexOf('%');
  return at < 0 ? address : address.slice(0, at);
}

function localPort(socket: Socket): number {
  try {
    return socket.address().port;
  } catch {
    // Not bound before its first datagram.
    return 0;
  }
}

/** Linux tells drops in the last column, the local port in the second, in hexadecimal. */
function dropsOf(file: string, ports: ReadonlySet<number>): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return 0;
  }
  let drops = 0;
  for (const line of text.split('\n').slice(1)) {
    const [, local = ''] = line.trim().split(/\s+/, 2);
    if (!ports.has(Number.parseInt(local.slice(local.indexOf(':') + 1), 16))) continue;
    drops += Number(line.slice(line.trimEnd().lastIndexOf(' ') + 1));
  }
  return drops;
}
