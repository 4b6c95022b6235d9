// @ts-check
/**
 * The prober: a process of its own that sends bursts of ICMP echo requests through one raw socket and times
 * the replies. Apart from the agent because the raw socket is not safe beside worker threads and because the
 * agent's sealing must not show in round-trip times. Started by prober.ts; ends when its parent does.
 *
 * Replies count only from the address asked, with the burst's identifier, its nonce and a sequence number not
 * yet answered. Identifiers change with every burst (firewalls pin them).
 *
 * Plain JavaScript, and little of it: Node's reading of TypeScript alone would take 15 MiB in each agent's prober.
 */
import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { createSocket, Protocol } from 'raw-socket';
import { echoRequest, hear } from './echo.mjs';

const NS_PER_MS = 1e6;
/** Nice value. */
const PRIORITY = -10;
const RECEIVE_BYTES = 2048;

/**
 * @typedef {import('./messages.ts').BurstRequest} BurstRequest
 * @typedef {ReturnType<typeof createSocket>} RawSocket
 * @typedef {object} Burst
 * @property {BurstRequest} request
 * @property {number} id
 * @property {bigint} nonce
 * @property {bigint[]} sentNs
 * @property {(number | null)[]} rtts
 * @property {number} sent
 * @property {number} answered
 * @property {boolean} unreachable
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 */

/** @type {Map<number, Burst>} */
const bursts = new Map();
let nextId = randomBytes(2).readUInt16BE(0);

/** @param {import('./messages.ts').ProberMessage} message */
function tell(message) {
  if (process.connected) process.send?.(message);
}

function openSocket() {
  try {
    return createSocket({ protocol: Protocol.ICMP, bufferSize: RECEIVE_BYTES });
  } catch (error) {
    tell({ type: 'unavailable', reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

/**
 * @param {RawSocket} socket
 * @param {BurstRequest} request
 */
function begin(socket, request) {
  do nextId = (nextId + 1) & 0xffff;
  while (bursts.has(nextId));
  /** @type {Burst} */
  const burst = {
    request,
    id: nextId,
    nonce: randomBytes(8).readBigUInt64BE(0),
    sentNs: [],
    rtts: Array.from({ length: request.packets }, () => null),
    sent: 0,
    answered: 0,
    unreachable: false,
    timer: undefined,
  };
  bursts.set(burst.id, burst);
  sendNext(socket, burst);
}

/**
 * @param {RawSocket} socket
 * @param {Burst} burst
 */
function sendNext(socket, burst) {
  const seq = burst.sent;
  burst.sent += 1;
  const packet = echoRequest(burst.id, seq, burst.nonce);
  socket.send(
    packet,
    0,
    packet.length,
    burst.request.address,
    () => {
      burst.sentNs[seq] = process.hrtime.bigint();
    },
    (error) => {
      if (error !== null) burst.unreachable = true;
    },
  );
  const last = burst.sent >= burst.request.packets;
  burst.timer = setTimeout(
    () => (last ? finish(burst) : sendNext(socket, burst)),
    last ? burst.request.timeoutMs : burst.request.spacingMs,
  );
}

/** @param {Burst} burst */
function finish(burst) {
  clearTimeout(burst.timer);
  if (!bursts.delete(burst.id)) return;
  tell({ type: 'burst', burst: burst.request.burst, rtts: burst.rtts, unreachable: burst.unreachable });
}

/**
 * @param {Buffer} packet
 * @param {string} source IPv4 address
 */
function receive(packet, source) {
  const now = process.hrtime.bigint();
  const heard = hear(packet);
  if (heard === undefined) return;
  const burst = bursts.get(heard.id);
  if (burst === undefined) return;
  if (heard.kind === 'unreachable') {
    if (heard.target === burst.request.address) burst.unreachable = true;
    return;
  }
  const sentNs = burst.sentNs[heard.seq];
  if (source !== burst.request.address || heard.nonce !== burst.nonce || sentNs === undefined) return;
  if (burst.rtts[heard.seq] !== null) return;
  const rttMs = Number(now - sentNs) / NS_PER_MS;
  // Later than a packet may be is lost, even if the burst still runs.
  if (rttMs > burst.request.timeoutMs) return;
  burst.rtts[heard.seq] = rttMs;
  burst.answered += 1;
  if (burst.answered === burst.request.packets) finish(burst);
}

// Ctrl-C reaches the whole group: the agent decides when it is over, by closing the channel.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

// A busy machine must not show in round-trip times; without the right to it they are a little less exact.
try {
  setPriority(PRIORITY);
} catch {
  // Allowed to root and with CAP_SYS_NICE only.
}

const socket = openSocket();
if (socket === undefined) {
  process.exitCode = 0;
  process.disconnect();
} else {
  socket.on('message', receive);
  // The library closes the socket after an error: a new process opens a new one.
  socket.on('error', () => process.exit(1));
  process.on('message', (request) => begin(socket, /** @type {BurstRequest} */ (request)));
  tell({ type: 'ready' });
}
