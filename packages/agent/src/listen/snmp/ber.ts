/**
 * Basic Encoding Rules as SNMP uses them (RFC 3417 section 8): a strict reader over one datagram, and the few encoders that
 * answers need. Nothing is copied while reading and nothing is believed: every length is held against what encloses it.
 * Pure.
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
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
} as const;

class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Thrown for whatever is not well-formed. One object: a flood of noise must not cost a stack trace each. */
const MALFORMED = new MalformedError('not well-formed');

export function malformed(): never {
  throw MALFORMED;
}

export function isMalformed(error: unknown): boolean {
  return error === MALFORMED;
}

const MOST_SUBIDS = 128;
const MOST_SUBID = 0xffff_ffff;

/** What an element holds, where it lies in the datagram. */
export interface Element {
  readonly tag: number;
  /** The element with its tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

export class BerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get more(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** The next element, whatever it is. @throws when there is none, or it says it is longer than what encloses it */
  next(): Element {
    const bytes = this.#bytes;
    const start = this.#at;
    const tag = bytes[start] ?? malformed();
    const first = bytes[start + 1] ?? malformed();
    let at = start + 2;
    let length = first;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      // 0 would be the indefinite form, which SNMP does not have.
      if (octets === 0 || octets > 4 || at + octets > bytes.length) malformed();
      length = bytes.readUIntBE(at, octets);
      at += octets;
    }
    if (length > bytes.length - at) malformed();
    this.#at = at + length;
    return { tag, whole: bytes.subarray(start, this.#at), content: bytes.subarray(at, this.#at) };
  }

  /** The content of the next element, which must be a `tag`. */
  expect(tag: number): Buffer {
    const element = this.next();
    if (element.tag !== tag) malformed();
    return element.content;
  }

  enter(tag: number): BerReader {
    return new BerReader(this.expect(tag));
  }

  integer(): number {
    return readInteger(this.expect(TAG.integer));
  }

  end(): void {
    if (this.more) malformed();
  }
}

/** A signed integer of at most 32 bits. */
export function readInteger(content: Buffer): number {
  const { length } = content;
  // A fifth octet only carries the sign of what a sender took for unsigned.
  if (length === 0 || length > 5 || (length === 5 && content[0] !== 0)) malformed();
  return length === 5 ? content.readUInt32BE(1) : content.readIntBE(0, length);
}

/** An unsigned one of 32 bits; some senders leave out the zero octet before a leading 1 bit. */
export function readUnsigned(content: Buffer): number {
  return readInteger(content) >>> 0;
}

export function readCounter64(content: Buffer): bigint {
  const { length } = content;
  if (length === 0 || length > 9 || (length === 9 && content[0] !== 0)) malformed();
  return BigInt(`0x${content.toString('hex')}`);
}

/** Dotted, as people write it. */
export function readOid(content: Buffer): string {
  const { length } = content;
  if (length === 0) malformed();
  let text = '';
  let count = 0;
  let subid = 0;
  for (let at = 0; at < length; at += 1) {
    const octet = content[at] ?? 0;
    subid = subid * 128 + (octet & 0x7f);
    if (subid > MOST_SUBID) malformed();
    if (octet >= 0x80) {
      if (at === length - 1) malformed();
      continue;
    }
    if (count === 0) {
      const root = Math.min(Math.floor(subid / 40), 2);
      text = `${root}.${subid - root * 40}`;
    } else text += `.${subid}`;
    subid = 0;
    count += 1;
    if (count >= MOST_SUBIDS) malformed();
  }
  return text;
}

export function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

/** A number that is not negative, in as few octets as it takes. */
export function encodeNumber(tag: number, value: number): Buffer {
  const octets = [value % 256];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  if ((octets[0] ?? 0) >= 0x80) octets.unshift(0);
  return encode(tag, Buffer.from(octets));
}

export function encodeOid(oid: string): Buffer {
  const [root = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const octets = [root * 40 + second, ...rest].flatMap((subid) => {
    const groups = [subid % 128];
    for (let left = Math.floor(subid / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) + 128);
    return groups;
  });
  return encode(TAG.oid, Buffer.from(octets));
}
