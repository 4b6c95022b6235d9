// @ts-check
/**
 * The prober: a process of its own that sends bursts of ICMP echo requests and times the answers. It does so through raw sockets or,
 * without the right to them (CAP_NET_RAW), through ping sockets where the system allows those: then no routes are traced, and
 * what routers say of a packet is not heard.
 * Apart from the agent, so that sealing and polling do not hold it up. Started by prober.ts, which writes requests
 * to its standard input and reads results from its standard output; ends when that input does.
 *
 * Its own delays do not show in what it reports: an answer counts from the moment the kernel had it (receive
 * timestamps), however late it is read; a request whose send was interrupted is marked and its time left out. There is
 * no event loop: one thread waits in `ppoll` for the next packet due, an answer or a request, as fping does.
 *
 * Answers count that carry the burst's nonce and a sequence number that was sent: nobody else knows them. One that comes from
 * another address than was asked is an answer, and told apart. Identifiers change with every burst (firewalls pin
 * them), but for traces, and for ping sockets, which have one each.
 *
 * Plain JavaScript, and little of it: Node's reading of TypeScript alone would take 15 MiB in each agent's prober.
 */
import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { Burst } from './burst.mjs';
import { DueQueue } from './due-queue.mjs';
import { hear, hearSent, NONCE_BYTES, number } from './echo.mjs';
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
const IP_MTU_DISCOVER = 10;
const IP_RECVTTL = 12;
/** Routers may cut a packet up: a path with a smaller packet size is no loss. */
const MAY_BE_CUT = 0;
const SOL_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_TCLASS = 67;
const SOL_ICMP = 255;
const ICMP_FILTER = 1;
const SOL_ICMPV6 = 58;
const ICMPV6_FILTER = 1;
/** Only what `hear` reads comes out of the kernel: replies, unreachable, too big, exceeded. Bits of types left out. */
const TYPES_4 = Uint32Array.of(~((1 << 0) | (1 << 3) | (1 << 11)) >>> 0);
const TYPES_6 = Uint32Array.of(~((1 << 1) | (1 << 2) | (1 << 3)) >>> 0, ~0, ~0, ~0, ~(1 << 1) >>> 0, ~0, ~0, ~0);
const ANY_HOPS = -1;
/** What comparing clocks leaves open. */
const CLOCK_SLACK_MS = 0.005;
/** Held up for longer between two packets, the rest of a burst moves: packets close behind each other are another measurement. */
const HELD_UP_MS = 20;

/**
 * @typedef {import('../messages.ts').BurstRequest} BurstRequest
 * @typedef {object} Family
 * @property {4 | 6} family
 * @property {number} fd
 * @property {boolean} bare a ping socket: no header of IPv4, no identifier of ours
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

/** @returns why there is none at all; empty otherwise */
function openSockets() {
  const refusals = [openFamily(4, libc.AF_INET, 1), openFamily(6, libc.AF_INET6, 58)];
  return families.size === 0 ? (refusals[0] ?? '') : '';
}

/**
 * @param {4 | 6} family
 * @param {number} addressFamily
 * @param {number} protocol
 * @returns why there is none; empty otherwise
 */
function openFamily(family, addressFamily, protocol) {
  let fd = libc.openRaw(addressFamily, protocol, RECEIVE_BYTES);
  let refusal = '';
  const bare = fd < 0;
  if (bare) {
    refusal = `no raw socket: ${libc.errorName(libc.errno())}`;
    fd = libc.openPing(addressFamily, protocol, RECEIVE_BYTES);
    if (fd < 0) return `${refusal}, no ping socket: ${libc.errorName(libc.errno())}`;
  }
  if (family === 4) {
    if (bare) libc.setOption(fd, SOL_IP, IP_RECVTTL, 1);
    else libc.setOptionWords(fd, SOL_ICMP, ICMP_FILTER, TYPES_4);
    libc.setOption(fd, SOL_IP, IP_MTU_DISCOVER, MAY_BE_CUT);
  } else {
    if (!bare) libc.setOptionWords(fd, SOL_ICMPV6, ICMPV6_FILTER, TYPES_6);
    libc.setOption(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
  }
  libc.stampSends(fd);
  const shape = family === 4 ? { nameAt: 4, addressBytes: 4 } : { nameAt: 8, addressBytes: 16 };
  families.set(family, { family, fd, bare, ...shape, hops: ANY_HOPS, dscp: 0, dropped: 0 });
  return '';
}

/** @param {BurstRequest} request */
function begin(request) {
  const [bareAddress = '', zone = ''] = request.address.split('%');
  const family = bareAddress.includes(':') ? 6 : 4;
  const address = libc.parseAddress(family === 4 ? libc.AF_INET : libc.AF_INET6, bareAddress);
  const socket = families.get(family);
  const index = zone === '' ? 0 : libc.interfaceNumber(zone);
  if (address === undefined) notAsked(request, 'no address');
  else if (socket === undefined) notAsked(request, `no IPv${family}`);
  else if (zone !== '' && index === 0) notAsked(request, `no interface ${zone}`);
  else if (request.trace && socket.bare) notAsked(request, 'no raw socket');
  else start(request, family, address, index);
}

/**
 * Nothing can be known of the target from here.
 * @param {BurstRequest} request
 * @param {string} refusal
 */
function notAsked({ burst, packets }, refusal) {
  const fates = Array.from({ length: packets }, () => 'unknown');
  const nothing = { from: [], duplicates: 0, reordered: 0, unreachable: false, arrived: false, answeredFrom: null };
  tell({ type: 'burst', burst, fates, rtts: fates.map(() => null), ...nothing, refusal, hopLimit: -1, readDelayMs: 0 });
}

/**
 * @param {BurstRequest} request
 * @param {4 | 6} family
 * @param {Uint8Array} address
 * @param {number} zone
 */
function start(request, family, address, zone) {
  const nonce = request.trace ? flowOf(address) : randomBytes(NONCE_BYTES);
  const id = freeId(request.trace ? new DataView(nonce.buffer).getUint16(0) : undefined);
  const burst = new Burst(request, family, address, id, nonce, zone);
  bursts.set(id, burst);
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
  const family = /** @type {Family} */ (families.get(burst.family));
  if (burst.sent >= burst.packets) {
    // Held up until now, it may have answers that nobody has read yet.
    drain(family);
    burst.dueMs = Number.NaN;
    bursts.delete(burst.id);
    tell(burst.result());
    return;
  }
  const { spacingMs } = burst.request;
  const turnMs = performance.now();
  const lateMs = turnMs - (burst.startMs + burst.sent * spacingMs);
  if (burst.sent === 0) burst.startMs = turnMs;
  else if (lateMs > spacingMs && lateMs > HELD_UP_MS) burst.startMs += lateMs;
  sendPacket(burst, family);
  const nowMs = performance.now();
  if (burst.sent >= burst.packets) due.push(burst, burst.endMs(nowMs));
  else due.push(burst, Math.max(burst.startMs + burst.sent * spacingMs, nowMs));
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
  const nameLength = libc.aim(burst.address, burst.zone);
  const beforeMs = performance.now();
  const count = libc.send(family.fd, packet.length, nameLength);
  const afterMs = performance.now();
  if (count === packet.length) {
    burst.sentAt(beforeMs, afterMs);
    readStamps(family);
  } else burst.refused(libc.errorName(libc.errno()), afterMs);
}

/**
 * When packets left, as the kernel stamped them on their way to the wire: what a cold cache, another process or the search for the
 * neighbour's address cost before is not in it. Of the packet just sent it is there at once, nearly always; some drivers never tell.
 * @param {Family} family
 * @returns number of packets told of
 */
function readStamps(family) {
  const count = libc.receiveSent(family.fd);
  if (count <= 0) return 0;
  const nowMs = compareClocks();
  for (let slot = 0; slot < count; slot += 1) {
    const copy = libc.message(slot);
    const heard = hearSent(family.family, copy);
    const burst = heard === undefined ? undefined : burstOf(family, copy, heard);
    if (heard === undefined || burst === undefined) continue;
    const control = libc.controlOf(slot);
    if (control.stamped) burst.left(heard.seq, wall.steady(control.stampMs), nowMs);
  }
  return count;
}

/**
 * Whose packet it is: the first two bytes of the nonce are the burst's identifier, the rest is its alone.
 * @param {Family} family
 * @param {Uint8Array} packet
 * @param {import('./echo.mjs').Heard} heard
 */
function burstOf(family, packet, { nonceAt }) {
  const burst = bursts.get(((packet[nonceAt] ?? 0) << 8) | (packet[nonceAt + 1] ?? 0));
  return burst?.family === family.family && burst.knows(packet, nonceAt) ? burst : undefined;
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
  const heard = hear(family.family, packet, family.bare);
  if (heard === undefined) return;
  const { seq, kind } = heard;
  const burst = kind === 'reply' ? burstOf(family, packet, heard) : bursts.get(heard.id);
  if (burst === undefined || burst.family !== family.family) return;
  const source = libc.source(slot);
  // A wall clock that was set between stamp and reading would make an answer older than its request, or come from the future.
  const sane = stampedMs <= nowMs + CLOCK_SLACK_MS && stampedMs >= (burst.sentMs[seq] ?? Infinity) - CLOCK_SLACK_MS;
  const arrivedMs = sane ? stampedMs : nowMs;
  const delayMs = Math.max(nowMs - arrivedMs, 0);
  if (kind === 'reply') {
    burst.heard(seq, arrivedMs, delayMs, hopLimit >= 0 ? hopLimit : heard.hopLimit, null);
    if (!same(burst.address, source, family.nameAt)) burst.answeredFrom(addressOf(family, source));
    if (burst.request.trace) burst.endsWith(seq);
  } else {
    if (!same(burst.address, packet, heard.targetAt)) return;
    if (burst.request.trace) {
      burst.heard(seq, arrivedMs, delayMs, -1, addressOf(family, source));
      if (kind === 'unreachable') burst.endsWith(seq);
    }
    if (kind === 'tooBig') burst.tooBig(seq);
    else if (kind === 'unreachable' || !burst.request.trace) burst.cannotBeReached();
  }
  if (burst.sent >= burst.packets) due.push(burst, burst.endMs(nowMs));
}

/**
 * @param {Family} family
 * @param {Uint8Array} name a socket address
 */
const addressOf = ({ nameAt, addressBytes }, name) => libc.formatAddress(name.slice(nameAt, nameAt + addressBytes));

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
      // Stamps that come late; reading also takes an error off the socket, which would be ready for ever.
      if (ready & libc.POLLERR) while (readStamps(family) > 0);
      if (ready !== 0) drain(family);
    });
  }
}

/** Runs until the agent closes the input. */
export function main() {
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
  if (refusal !== '') {
    tell({ type: 'unavailable', reason: refusal });
    flush();
    return;
  }
  // The first comparisons are slow ones.
  for (let tries = 0; tries < 20; tries += 1) compareClocks();
  const privileged = [...families.values()].every(({ bare }) => !bare);
  tell({ type: 'ready', families: [...families.keys()], privileged });
  run();
}
