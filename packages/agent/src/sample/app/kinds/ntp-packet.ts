/** NTP packets of a client and what follows from an exchange (RFC 5905, 4330). Pure. */

const PACKET_BYTES = 48;
const CLIENT_MODE = 3;
const SERVER_MODE = 4;
/** Seconds from 1900 to 1970. */
const EPOCH_S = 2_208_988_800;
const ERA_S = 2 ** 32;
const FRACTION = 2 ** 32;

export interface NtpAnswer {
  readonly leap: number;
  readonly version: number;
  readonly stratum: number;
  /** Four letters of a kiss of death, at stratum 0. */
  readonly kiss: string;
  /** Server's clock at arrival and at departure, ms since 1970. */
  readonly receivedMs: number;
  readonly sentMs: number;
}

/**
 * @param cookie eight random bytes in place of the time: the server returns them, and learns nothing (as RFC 9769 has it)
 */
export function encodeRequest(version: 3 | 4, cookie: Uint8Array): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES);
  packet[0] = (version << 3) | CLIENT_MODE;
  packet.set(cookie.subarray(0, 8), 40);
  return packet;
}

/** Undefined for what does not answer this request. @param nearMs decides the era: seconds wrap in 2036 */
export function decodeResponse(packet: Buffer, cookie: Uint8Array, nearMs: number): NtpAnswer | undefined {
  if (packet.length < PACKET_BYTES) return undefined;
  const first = packet[0] ?? 0;
  if ((first & 7) !== SERVER_MODE || !packet.subarray(24, 32).equals(cookie)) return undefined;
  const stratum = packet[1] ?? 0;
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    stratum,
    kiss: stratum === 0 ? packet.toString('latin1', 12, 16).replaceAll(/[^\x21-\x7e]/g, '') : '',
    receivedMs: timeAt(packet, 32, nearMs),
    sentMs: timeAt(packet, 40, nearMs),
  };
}

function timeAt(packet: Buffer, at: number, nearMs: number): number {
  const seconds = packet.readUInt32BE(at) - EPOCH_S;
  const era = Math.round((nearMs / 1000 - seconds) / ERA_S);
  return (seconds + era * ERA_S + packet.readUInt32BE(at + 4) / FRACTION) * 1000;
}

/** Server's clock minus ours, and the round trip without the server's own time (RFC 5905 8), ms. */
export function offsetAndDelay(
  answer: Pick<NtpAnswer, 'receivedMs' | 'sentMs'>,
  askedMs: number,
  heardMs: number,
): { readonly offsetMs: number; readonly delayMs: number } {
  const { receivedMs, sentMs } = answer;
  return {
    offsetMs: (receivedMs - askedMs + (sentMs - heardMs)) / 2,
    delayMs: Math.max(0, heardMs - askedMs - (sentMs - receivedMs)),
  };
}
