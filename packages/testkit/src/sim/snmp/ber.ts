/**
 * The part of BER that SNMPv2c needs (RFC 3416, X.690): reading a request, writing a response. Lengths
 * are definite; a malformed input makes the readers answer undefined, never throw. Pure.
 */

export const TAG = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  ticks: 0x43,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  set: 0xa3,
  getBulk: 0xa5,
} as const;

export interface Tlv {
  readonly tag: number;
  /** Content. */
  readonly start: number;
  readonly end: number;
}

/** The element at `offset` that ends at or before `limit`. */
export function readTlv(bytes: Buffer, offset: number, limit: number): Tlv | undefined {
  if (offset + 2 > limit) return undefined;
  const tag = bytes[offset] ?? 0;
  const first = bytes[offset + 1] ?? 0;
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || start + count > limit) return undefined;
    length = bytes.readUIntBE(start, count);
    start += count;
  }
  return start + length > limit ? undefined : { tag, start, end: start + length };
}

/** A signed integer of up to 6 bytes. */
export function readInteger(bytes: Buffer, { tag, start, end }: Tlv): number | undefined {
  const length = end - start;
  return tag !== TAG.integer || length < 1 || length > 6 ? undefined : bytes.readIntBE(start, length);
}

export function readOid(bytes: Buffer, { tag, start, end }: Tlv): number[] | undefined {
  if (tag !== TAG.oid || start === end) return undefined;
  const first = bytes[start] ?? 0;
  const arcs = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80];
  let value = 0;
  for (let index = start + 1; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (value > 0xffffffff) return undefined;
    if (byte < 0x80) {
      arcs.push(value);
      value = 0;
    } else if (index === end - 1) return undefined;
  }
  return arcs;
}

/** Tag, length and content. */
export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const out = Buffer.allocUnsafe(head.length + length);
  out.set(head, 0);
  let offset = head.length;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** A whole number within ±2^53 in the fewest bytes of two's complement. */
export function encodeNumber(tag: number, value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = ((rest % 256) + 256) % 256;
    bytes.unshift(low);
    rest = (rest - low) / 256;
  } while (!((rest === 0 && (bytes[0] ?? 0) < 0x80) || (rest === -1 && (bytes[0] ?? 0) >= 0x80)));
  return Buffer.from([tag, bytes.length, ...bytes]);
}

export function encodeOid(arcs: readonly number[]): Buffer {
  const bytes = [(arcs[0] ?? 0) * 40 + (arcs[1] ?? 0)];
  for (let index = 2; index < arcs.length; index += 1) {
    let arc = arcs[index] ?? 0;
    const groups = [arc % 128];
    for (arc = Math.floor(arc / 128); arc > 0; arc = Math.floor(arc / 128)) groups.unshift((arc % 128) | 0x80);
    bytes.push(...groups);
  }
  return encode(TAG.oid, Buffer.from(bytes));
}
