// @ts-check
/**
 * The prober: a process of its own that sends bursts of ICMP echo requests through raw sockets and times the answers.
 * Apart from the agent, so that sealing and polling do not hold it up. Started by prober.ts, which writes requests
 * to its standard input and reads results from its standard output; ends when that input does.
 *
 * Its own delays do not show in what it reports: an answer counts from the moment the kernel had it (receive
 * timestamps), however late it is read; a request whose send was interrupted is marked and its time left out. There is
 * no event loop: one thread waits in `ppoll` for the next packet due, an answer or a request, as fping does.
 *
 * Answers count only from the address asked, with the burst's identifier, its nonce and a sequence number that was
 * sent. Identifiers change with every burst (firewalls pin them), but for traces.
 *
 * Plain JavaScript, and little of it: Node's reading of TypeScript alone would take 15 MiB in each agent's prober.
 */
import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { Burst } from './burst.mjs';
import { DueQueue } from './due-queue.mjs';
import { hear, NONCE_BYTES, number } from './echo.mjs';
import * as libc from './libc.mjs';
import { WallOffset } from './wall-offset.mjs';

/** Nice value. */
const PRIORITY = -10;
/** Answers wait here while the prober is held up: some 5,000 packets. */
const RECEIVE_BYTES = 4 * 2 ** 20;
/** Packets sent before it looks for answers again. */
const SENDS_AT_ONCE = 32;
const IN = 0;
const OUT = 1;
const SOL_IP = 0;
const IP_TOS = 1;
const IP_TTL = 2;
const SOL_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_TCLASS = 67;
const SOL_ICMP = 255;
const ICMP_FILTER = 1;
const SOL_ICMPV6 = 58;
const ICMPV6_FILTER = 1;
/** Only what `hear` reads comes out of the kernel: replies, unreachable, exceeded. Bits of types left out. */
const TYPES_4 = Uint32Array.of(~((1 << 0) | (1 << 3) | (1 << 11)) >>> 0);
const TYPES_6 = Uint32Array.of(~((1 << 1) | (1 << 3)) >>> 0, ~0, ~0, ~0, ~(1 << 1) >>> 0, ~0, ~0, ~0);
const ANY_HOPS = -1;
/** What comparing clocks leaves open. */
const CLOCK_SLACK_MS = 0.005;

/**
 * @typedef {import('../messages.ts').BurstRequest} BurstRequest
 * @typedef {object} Family
 * @property {4 | 6} family
 * @property {number} fd
 * @property {number} nameAt where a socket address has the address
 * @property {number} addressBytes
 * @property {number} hops the socket's present limit
 * @property {number} dscp
 * @property {number} dropped
 */

/** @type {Map<number, Burst>} */
const bursts = new Map();
/** @type {DueQueue<Burst>} */
const due = new DueQueue();
/** @type {Map<4 | 6, Family>} */
const families = new Map();
let nextId = randomBytes(2).readUInt16BE(0);
let heardText = '';
let toTell = '';

/** @param {import('../messages.ts').ProberMessage} message */
function tell(message) {
  toTell += `${JSON.stringify(message)}\n`;
}

/** Tells what there is to tell as far as the agent takes it. */
function flush() {
  const count = libc.writeText(OUT, toTell);
  if (count < 0) process.exit(0);
  toTell = toTell.slice(count);
}

function openSockets() {
  const four = libc.openRaw(libc.AF_INET, 1, RECEIVE_BYTES);
  const refusal = four < 0 ? libc.errorName(libc.errno()) : '';
  const six = libc.openRaw(libc.AF_INET6, 58, RECEIVE_BYTES);
  if (four >= 0) {
    libc.setOptionWords(four, SOL_ICMP, ICMP_FILTER, TYPES_4);
    libc.stampSends(four);
    families.set(4, { family: 4, fd: four, nameAt: 4, addressBytes: 4, hops: ANY_HOPS, dscp: 0, dropped: 0 });
  }
  if (six >= 0) {
    libc.setOptionWords(six, SOL_ICMPV6, ICMPV6_FILTER, TYPES_6);
    libc.setOption(six, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    libc.stampSends(six);
    families.set(6, { family: 6, fd: six, nameAt: 8, addressBytes: 16, hops: ANY_HOPS, dscp: 0, dropped: 0 });
  }
  return refusal;
}

/** @param {BurstRequest} request */
function begin(request) {
  const family = request.address.includes(':') ? 6 : 4;
  const address = libc.parseAddress(family === 4 ? libc.AF_INET : libc.AF_INET6, request.address);
  if (address === undefined || !families.has(family)) {
    // This machine does not speak the family: nothing is known of the target.
    const fates = Array.from({ length: request.packets }, () => 'unknown');
    const nothing = { from: [], duplicates: 0, reordered: 0, unreachable: false, arrived: false };
    const rtts = fates.map(() => null);
    tell({ type: 'burst', burst: request.burst, fates, rtts, ...nothing, hopLimit: -1, readDelayMs: 0 });
    return;
  }
  const nonce = request.trace ? flowOf(address) : randomBytes(NONCE_BYTES);
  const burst = new Burst(
    request,
    family,
    address,
    freeId(request.trace ? new DataView(nonce.buffer).getUint16(0) : undefined),
    nonce,
  );
  bursts.set(burst.id, burst);
  due.push(burst, performance.now() + request.afterMs);
}

/**
 * An identifier no burst has now.
 * @param {number | undefined} wanted
 */
function freeId(wanted) {
  if (wanted !== undefined && !bursts.has(wanted)) return wanted;
  do nextId = (nextId + 1) & 0xffff;
  while (bursts.has(nextId));
  return nextId;
}

/**
 * What makes all traces to an address alike: routers that share load by a packet's first words send them one way, so
 * another route is another route. (FNV-1a, twice.)
 * @param {Uint8Array} address
 */
function flowOf(address) {
  const flow = new Uint8Array(NONCE_BYTES);
  let hash = 0x811c9dc5;
  for (const byte of address) hash = Math.imul(hash ^ byte, 0x01000193);
  const view = new DataView(flow.buffer);
  view.setUint32(0, hash >>> 0);
  view.setUint32(4, Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0);
  return flow;
}

/** The next packet of a burst, or its end. @param {Burst} burst */
function turn(burst) {
  if (burst.sent >= burst.packets) {
    bursts.delete(burst.id);
    tell(burst.result());
    return;
  }
  const plannedMs = burst.sent === 0 ? performance.now() : burst.startMs + burst.sent * burst.request.spacingMs;
  if (burst.sent === 0) burst.startMs = plannedMs;
  sendPacket(burst, /** @type {Family} */ (families.get(burst.family)));
  const nowMs = performance.now();
  if (burst.sent >= burst.packets) due.push(burst, burst.endMs(nowMs));
  else due.push(burst, Math.max(burst.startMs + burst.sent * burst.request.spacingMs, nowMs));
}

/**
 * @param {Burst} burst
 * @param {Family} family
 */
function sendPacket(burst, family) {
  const { packet, request, sent } = burst;
  number(packet, sent);
  libc.packet.set(packet);
  mark(family, request.dscp, request.trace ? sent + 1 : ANY_HOPS);
  const nameLength = libc.aim(burst.address);
  const beforeMs = performance.now();
  const count = libc.send(family.fd, packet.length, nameLength);
  const afterMs = performance.now();
  if (count === packet.length) {
    burst.sentAt(beforeMs, afterMs, leftAt(family, packet));
    return;
  }
  const error = libc.errno();
  burst.refused(error === libc.ENETUNREACH || error === libc.EHOSTUNREACH, afterMs);
}

/**
 * When the packet just sent left, as the kernel stamped it on its way to the wire: what a cold cache or another process cost before
 * is not in it. NaN where it waits in a queue still, or the driver does not tell.
 * @param {Family} family
 * @param {Uint8Array} packet
 */
function leftAt(family, packet) {
  const count = libc.receiveSent(family.fd);
  if (count <= 0) return Number.NaN;
  compareClocks();
  for (let slot = count - 1; slot >= 0; slot -= 1) {
    const copy = libc.message(slot);
    // It comes back with all its headers; identifier and number tell ours from one that left late.
    const icmp = copy.length - packet.length;
    if (icmp < 0 || !same4(copy, icmp + 4, packet)) continue;
    const control = libc.controlOf(slot);
    if (control.stamped) return wall.steady(control.stampMs);
  }
  return Number.NaN;
}

/**
 * Sets what the next packet carries, where it is not so already.
 * @param {Family} family
 * @param {number} dscp
 * @param {number} hops
 */
function mark(family, dscp, hops) {
  const four = family.family === 4;
  if (family.dscp !== dscp) {
    libc.setOption(family.fd, four ? SOL_IP : SOL_IPV6, four ? IP_TOS : IPV6_TCLASS, dscp << 2);
    family.dscp = dscp;
  }
  if (family.hops === hops) return;
  libc.setOption(family.fd, four ? SOL_IP : SOL_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, hops);
  family.hops = hops;
}

/** Takes what has arrived. @param {Family} family */
function drain(family) {
  for (;;) {
    const count = libc.receive(family.fd);
    if (count <= 0) return;
    const nowMs = compareClocks();
    for (let slot = 0; slot < count; slot += 1) {
      const control = libc.controlOf(slot);
      if (control.dropped !== family.dropped) {
        family.dropped = control.dropped;
        for (const burst of bursts.values()) if (burst.family === family.family) burst.missedSome();
      }
      const arrivedMs = control.stamped ? wall.steady(control.stampMs) : nowMs;
      take(family, slot, nowMs, arrivedMs, control.hopLimit);
    }
    if (count < libc.BATCH) return;
  }
}

const wall = new WallOffset();

/** @returns steady clock, ms */
function compareClocks() {
  const beforeMs = performance.now();
  const wallMs = libc.wallMs();
  const afterMs = performance.now();
  wall.compare(beforeMs, wallMs, afterMs);
  return afterMs;
}

/**
 * @param {Family} family
 * @param {number} slot
 * @param {number} nowMs
 * @param {number} stampedMs when the kernel had it, by its stamp
 * @param {number} hopLimit
 */
function take(family, slot, nowMs, stampedMs, hopLimit) {
  const packet = libc.message(slot);
  const heard = hear(family.family, packet);
  if (heard === undefined) return;
  const burst = bursts.get(heard.id);
  if (burst === undefined || burst.family !== family.family) return;
  const { seq, kind } = heard;
  const source = libc.source(slot);
  // A wall clock that was set between stamp and reading would make an answer older than its request, or come from the future.
  const sane = stampedMs <= nowMs + CLOCK_SLACK_MS && stampedMs >= (burst.sentMs[seq] ?? Infinity) - CLOCK_SLACK_MS;
  const arrivedMs = sane ? stampedMs : nowMs;
  const delayMs = Math.max(nowMs - arrivedMs, 0);
  if (kind === 'reply') {
    if (!burst.knows(packet, heard.nonceAt) || !same(burst.address, source, family.nameAt)) return;
    burst.heard(seq, arrivedMs, delayMs, family.family === 4 ? heard.hopLimit : hopLimit, null);
    if (burst.request.trace) burst.endsWith(seq);
  } else {
    if (!same(burst.address, packet, heard.targetAt)) return;
    if (burst.request.trace) {
      const router = libc.formatAddress(source.slice(family.nameAt, family.nameAt + family.addressBytes));
      burst.heard(seq, arrivedMs, delayMs, -1, router);
      if (kind === 'unreachable') burst.endsWith(seq);
    }
    if (kind === 'unreachable' || !burst.request.trace) burst.cannotBeReached();
  }
  if (burst.sent >= burst.packets) due.push(burst, burst.endMs(nowMs));
}

/**
 * Identifier and number of two packets.
 * @param {Uint8Array} copy
 * @param {number} at
 * @param {Uint8Array} packet
 */
function same4(copy, at, packet) {
  for (let index = 0; index < 4; index += 1) if (copy[at + index] !== packet[4 + index]) return false;
  return true;
}

/**
 * @param {Uint8Array} address
 * @param {Uint8Array} packet
 * @param {number} at
 */
function same(address, packet, at) {
  for (let index = 0; index < address.length; index += 1) if (address[index] !== packet[at + index]) return false;
  return true;
}

/** Takes requests over; the input's end is the prober's. */
function listen() {
  const text = libc.readText(IN);
  if (text === '') process.exit(0);
  if (text === undefined) return;
  const lines = (heardText + text).split('\n');
  heardText = lines.pop() ?? '';
  for (const line of lines) begin(JSON.parse(line));
}

function run() {
  const sockets = [...families.values()];
  const quiet = [{ fd: IN, events: libc.POLLIN }, ...sockets.map(({ fd }) => ({ fd, events: libc.POLLIN }))];
  const telling = [...quiet, { fd: OUT, events: libc.POLLOUT }];
  for (;;) {
    for (let sends = 0; sends < SENDS_AT_ONCE; sends += 1) {
      const burst = due.take(performance.now());
      if (burst === undefined) break;
      turn(burst);
    }
    if (toTell !== '') flush();
    const found = libc.poll(toTell === '' ? quiet : telling, Math.max(due.nextMs - performance.now(), 0));
    if (found <= 0) continue;
    if (libc.ready(0) !== 0) listen();
    sockets.forEach((family, index) => {
      const ready = libc.ready(index + 1);
      // Stamps that came late; reading also takes an error off the socket, which would be ready for ever.
      if (ready & libc.POLLERR) libc.receiveSent(family.fd);
      if (ready !== 0) drain(family);
    });
  }
}

// Ctrl-C reaches the whole group: the agent decides when it is over, by closing the input.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

// A busy machine must not hold up the sending; without the right to it more packets are left out.
try {
  setPriority(PRIORITY);
} catch {
  // Allowed to root and with CAP_SYS_NICE only.
}

libc.doNotBlock(IN);
libc.doNotBlock(OUT);
libc.exactTimers();
const refusal = openSockets();
if (families.size === 0) {
  tell({ type: 'unavailable', reason: `no raw socket: ${refusal}` });
  flush();
} else {
  // The first comparisons are slow ones.
  for (let tries = 0; tries < 20; tries += 1) compareClocks();
  tell({ type: 'ready', families: [...families.keys()] });
  run();
}
