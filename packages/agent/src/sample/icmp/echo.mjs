// @ts-check
/**
 * ICMP echo packets (RFC 792): built, and recognised in what a raw IPv4 socket hears. Pure. Plain JavaScript, as all
 * that the prober loads; its types are in echo.d.mts.
 */

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const ECHO_REQUEST = 8;
const ICMP = 1;
const ICMP_HEADER = 8;
const IP_HEADER = 20;
/** 56 bytes of payload make the customary 84-byte packet, comparable with ping and fping. */
const PAYLOAD = 56;
const NONCE_AT = ICMP_HEADER;
const NONCE_BYTES = 8;

/**
 * @param {number} id
 * @param {number} seq
 * @param {bigint} nonce
 */
export function echoRequest(id, seq, nonce) {
  const packet = Buffer.alloc(ICMP_HEADER + PAYLOAD);
  packet[0] = ECHO_REQUEST;
  packet.writeUInt16BE(id, 4);
  packet.writeUInt16BE(seq, 6);
  packet.writeBigUInt64BE(nonce, NONCE_AT);
  for (let at = NONCE_AT + NONCE_BYTES; at < packet.length; at += 1) packet[at] = at;
  packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

/** @param {Uint8Array} bytes */
export function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * @param {Buffer} packet
 * @returns {{ kind: 'reply', id: number, seq: number, nonce: bigint } | { kind: 'unreachable', id: number, seq: number, target: string } | undefined}
 */
export function hear(packet) {
  const icmp = behindIpHeader(packet);
  if (icmp === undefined) return undefined;
  if (icmp[0] === ECHO_REPLY && icmp.length >= NONCE_AT + NONCE_BYTES) {
    return {
      kind: 'reply',
      id: icmp.readUInt16BE(4),
      seq: icmp.readUInt16BE(6),
      nonce: icmp.readBigUInt64BE(NONCE_AT),
    };
  }
  if (icmp[0] !== UNREACHABLE) return undefined;
  const quoted = icmp.subarray(ICMP_HEADER);
  const request = behindIpHeader(quoted);
  if (request?.[0] !== ECHO_REQUEST) return undefined;
  const target = [...quoted.subarray(16, IP_HEADER)].join('.');
  return { kind: 'unreachable', id: request.readUInt16BE(4), seq: request.readUInt16BE(6), target };
}

/** @param {Buffer} packet */
function behindIpHeader(packet) {
  if (packet.length < IP_HEADER + ICMP_HEADER) return undefined;
  const first = packet[0] ?? 0;
  const headerBytes = (first & 0x0f) * 4;
  if (first >> 4 !== 4 || headerBytes < IP_HEADER || packet[9] !== ICMP) return undefined;
  return packet.length < headerBytes + ICMP_HEADER ? undefined : packet.subarray(headerBytes);
}
