// @ts-check
/**
 * ICMP echo packets of both families (RFC 792, RFC 4443): built, and recognised in what a raw socket hears. Pure.
 *
 * All packets of a burst carry the same checksum: a word of the payload makes up for the sequence number. Routers that share
 * load by the first words of a packet then send a whole burst one way, so neither delay variation nor order speak of their sharing.
 */

const ICMP_HEADER = 8;
const IP4_HEADER = 20;
const IP6_HEADER = 40;
const ICMP = 1;
const ICMP6 = 58;
const NONCE_AT = ICMP_HEADER;
export const NONCE_BYTES = 8;
const MAKEUP_AT = NONCE_AT + NONCE_BYTES;

/** Type numbers by family; IPv4 says that a packet is too big by a code of `unreachable`. */
const TYPES = {
  4: { request: 8, reply: 0, unreachable: 3, exceeded: 11, tooBig: -1 },
  6: { request: 128, reply: 129, unreachable: 1, exceeded: 3, tooBig: 2 },
};
const TOO_BIG_CODE_4 = 4;
/** What the kernel puts before the IP header of a packet it gives back: nothing, Ethernet, Ethernet with a VLAN. */
const LINK_HEADERS = [14, 0, 18];

/**
 * The packets of a burst, as packet 0; `number` makes it any other.
 * @param {4 | 6} family
 * @param {number} id
 * @param {Uint8Array} nonce
 * @param {number} payloadBytes at least 10
 */
export function echoRequest(family, id, nonce, payloadBytes) {
  const packet = new Uint8Array(ICMP_HEADER + payloadBytes);
  packet[0] = TYPES[family].request;
  packet[4] = id >> 8;
  packet[5] = id & 0xff;
  packet.set(nonce, NONCE_AT);
  for (let at = MAKEUP_AT + 2; at < packet.length; at += 1) packet[at] = at & 0xff;
  number(packet, 0);
  // The kernel sums ICMPv6 itself: the addresses are part of it.
  if (family === 4) {
    const sum = checksum(packet);
    packet[2] = sum >> 8;
    packet[3] = sum & 0xff;
  }
  return packet;
}

/**
 * @param {Uint8Array} packet of `echoRequest`
 * @param {number} seq
 */
export function number(packet, seq) {
  packet[6] = seq >> 8;
  packet[7] = seq & 0xff;
  packet[MAKEUP_AT] = (seq >> 8) ^ 0xff;
  packet[MAKEUP_AT + 1] = (seq & 0xff) ^ 0xff;
}

/**
 * Internet checksum (RFC 1071).
 * @param {Uint8Array} bytes
 */
export function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * What was heard last; overwritten by the next one.
 * @type {import('./echo.mjs').Heard}
 */
const heard = { kind: 'reply', id: 0, seq: 0, code: 0, hopLimit: -1, nonceAt: 0, targetAt: 0 };

/**
 * Reads what a socket gives: raw ones IPv4 with its header, IPv6 without; ping sockets both without. Offsets of the result are into `packet`.
 * @param {4 | 6} family
 * @param {Uint8Array} packet
 * @param {boolean} [bare] from a ping socket
 */
export function hear(family, packet, bare = false) {
  const start = family === 4 && !bare ? behindIp4(packet, 0) : 0;
  if (start < 0 || packet.length < start + ICMP_HEADER) return undefined;
  const types = TYPES[family];
  const type = packet[start];
  heard.code = packet[start + 1] ?? 0;
  heard.hopLimit = family === 4 && !bare ? (packet[8] ?? -1) : -1;
  if (type === types.reply) {
    if (packet.length < start + NONCE_AT + NONCE_BYTES) return undefined;
    heard.kind = 'reply';
    heard.nonceAt = start + NONCE_AT;
    return numbers(packet, start);
  }
  const tooBig = family === 4 ? type === types.unreachable && heard.code === TOO_BIG_CODE_4 : type === types.tooBig;
  if (type !== types.unreachable && type !== types.exceeded && !tooBig) return undefined;
  const quoted = start + ICMP_HEADER;
  const request = family === 4 ? behindIp4(packet, quoted) : behindIp6(packet, quoted);
  if (request < 0 || packet.length < request + ICMP_HEADER || packet[request] !== types.request) return undefined;
  if (tooBig) heard.kind = 'tooBig';
  else heard.kind = type === types.exceeded ? 'exceeded' : 'unreachable';
  heard.targetAt = quoted + (family === 4 ? 16 : 24);
  return numbers(packet, request);
}

/**
 * Reads a request as the kernel gives it back when it has left, with all its headers. Offsets as those of `hear`.
 * @param {4 | 6} family
 * @param {Uint8Array} packet
 */
export function hearSent(family, packet) {
  for (const at of LINK_HEADERS) {
    const start = family === 4 ? behindIp4(packet, at) : behindIp6(packet, at);
    if (start < 0 || packet.length < start + NONCE_AT + NONCE_BYTES || packet[start] !== TYPES[family].request)
      continue;
    heard.kind = 'sent';
    heard.nonceAt = start + NONCE_AT;
    return numbers(packet, start);
  }
  return undefined;
}

/**
 * @param {Uint8Array} packet
 * @param {number} at
 */
function numbers(packet, at) {
  heard.id = ((packet[at + 4] ?? 0) << 8) | (packet[at + 5] ?? 0);
  heard.seq = ((packet[at + 6] ?? 0) << 8) | (packet[at + 7] ?? 0);
  return heard;
}

/**
 * @param {Uint8Array} packet
 * @param {number} at where an IPv4 header begins
 * @returns where ICMP begins; -1 where there is none
 */
function behindIp4(packet, at) {
  const first = packet[at] ?? 0;
  const headerBytes = (first & 0x0f) * 4;
  return first >> 4 !== 4 || headerBytes < IP4_HEADER || packet[at + 9] !== ICMP ? -1 : at + headerBytes;
}

/**
 * @param {Uint8Array} packet
 * @param {number} at where an IPv6 header begins
 * @returns where ICMPv6 begins; -1 where something else does
 */
function behindIp6(packet, at) {
  return (packet[at] ?? 0) >> 4 !== 6 || packet[at + 6] !== ICMP6 ? -1 : at + IP6_HEADER;
}
