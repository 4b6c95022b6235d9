/** The little of BER that LDAP needs (RFC 4511 5.1: definite lengths). Pure. */

export interface Element {
  readonly tag: number;
  readonly value: Buffer;
}

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(value.length), value]);
}

export const text = (tag: number, value: string): Buffer => encode(tag, Buffer.from(value, 'utf8'));

/** An integer or enumeration from 0 to 2^31-1. */
export function integer(value: number, tag = 0x02): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  let from = 0;
  while (from < 4 && bytes[from] === 0 && (bytes[from + 1] ?? 0) < 0x80) from += 1;
  return encode(tag, bytes.subarray(from));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const from = bytes.findIndex((byte) => byte !== 0);
  return Buffer.concat([Buffer.from([0x80 | (4 - from)]), bytes.subarray(from)]);
}

/** How many bytes of length follow the first one; -1 for a form LDAP does not use. */
export function lengthBytes(first: number): number {
  if (first < 0x80) return 0;
  const more = first & 0x7f;
  return more >= 1 && more <= 4 ? more : -1;
}

/** The elements one after another; undefined when they are cut off or malformed. */
export function decode(bytes: Buffer): readonly Element[] | undefined {
  const out: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if (first === undefined) return undefined;
    const more = lengthBytes(first);
    if (more < 0 || at + 2 + more > bytes.length) return undefined;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    if (start + length > bytes.length) return undefined;
    out.push({ tag, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return out;
}
