/**
 * A flood of datagrams from many addresses, in a process of its own: so many sockets, each bound to another loopback address,
 * send the same few datagrams in turn at a given rate. For the rows of passive input.
 *
 * ```
 * node flood.ts PORT RATE SECONDS ADDRESSES HEX[,HEX...]     prints "ready", waits for a line, floods, prints how many it sent
 * ```
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const [port = 0, rate = 0, seconds = 0, addresses = 0] = process.argv.slice(2, 6).map(Number);
const datagrams = (process.argv[6] ?? '').split(',').map((hex) => Buffer.from(hex, 'hex'));
/** Addresses of 127.100.0.0/16 upwards: nobody else's. */
const FIRST_BLOCK = 100;
const ROUND_MS = 2;

async function open(index: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, `127.${FIRST_BLOCK + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`);
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const sockets: Socket[] = [];
for (let index = 1; index <= addresses; index += 1) sockets.push(await open(index));
process.stdout.write('ready\n');
await once(process.stdin, 'data');

let sent = 0;
const beganMs = performance.now();
const endMs = beganMs + seconds * 1000;
for (let nowMs = beganMs; nowMs < endMs; nowMs = performance.now()) {
  const due = ((nowMs - beganMs) / 1000) * rate;
  for (; sent < due; sent += 1) {
    const datagram = datagrams[sent % datagrams.length];
    if (datagram !== undefined) sockets[sent % sockets.length]?.send(datagram);
  }
  await new Promise((done) => setTimeout(done, ROUND_MS));
}
process.stdout.write(`${sent} ${((performance.now() - beganMs) / 1000).toFixed(2)}\n`, () => process.exit(0));
