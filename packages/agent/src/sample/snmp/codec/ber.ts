/**
 * BER as SNMP uses it (X.690, RFC 3417 section 8): reading with strict bounds, writing backwards into one buffer, so
 * that lengths are known when they are written and nothing is copied. Pure.
 *
 * A reader throws `MalformedError` and nothing else: lengths are definite, no element leaves its parent, no number is
 * wider than its type. Lengths in more bytes than needed are legal BER, and net-snmp writes them.
 */

/** Bytes that are not what they should be. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';

  /** Without a stack: a flood of malformed datagrams makes many, and nobody reads it. */
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}

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
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

const MOST_LENGTH_BYTES = 4;

export class BerReader {
  bytes: Uint8Array;
  /** Where reading goes on. */
  at: number;
  /** Tag of the header read last. */
  tag = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Reads tag and length; answers where the content ends. `at` is its start. @throws MalformedError */
  header(limit: number): number {
    const { bytes } = this;
    let at = this.at;
    if (at + 2 > limit) throw new MalformedError('cut short');
    this.tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > MOST_LENGTH_BYTES || at + count > limit) throw new MalformedError('length');
      length = 0;
      for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + index] ?? 0);
      at += count;
    }
    if (length > limit - at) throw new MalformedError('longer than what holds it');
    this.at = at;
    return at + length;
  }

  /** The same for an element that must have this tag. @throws MalformedError */
  enter(tag: number, limit: number): number {
    const end = this.header(limit);
    if (this.tag !== tag) throw new MalformedError(`tag ${this.tag} where ${tag} was due`);
    return end;
  }

  /** An INTEGER of 32 bits. @throws MalformedError */
  integer(limit: number): number {
    const end = this.enter(TAG.integer, limit);
    const { at } = this;
    if (end === at || end - at > 4) throw new MalformedError('integer');
    let value = ((this.bytes[at] ?? 0) << 24) >> 24;
    for (let index = at + 1; index < end; index += 1) value = (value << 8) | (this.bytes[index] ?? 0);
    this.at = end;
    return value;
  }

  /** An OCTET STRING, as a view. @throws MalformedError */
  octets(limit: number): Uint8Array {
    const end = this.enter(TAG.octets, limit);
    const view = this.bytes.subarray(this.at, end);
    this.at = end;
    return view;
  }

  /** Nothing may be left of what ended at `limit`. @throws MalformedError */
  done(limit: number): void {
    if (this.at !== limit) throw new MalformedError('bytes left over');
  }
}

/** The largest payload of a UDP datagram over IPv4. */
export const MOST_MESSAGE_BYTES = 65_507;

/** Writes from the end of its buffer to the front: content first, then `close` puts tag and length before it. */
export class BerWriter {
  readonly bytes = new Uint8Array(MOST_MESSAGE_BYTES);
  /** First byte written. */
  at = MOST_MESSAGE_BYTES;

  reset(): void {
    this.at = MOST_MESSAGE_BYTES;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.at -= bytes.length;
    this.bytes.set(bytes, this.at);
  }

  /** Tag and length of everything written since `end` was the value of `at`. */
  close(tag: number, end: number): void {
    let length = end - this.at;
    this.#room(4);
    if (length < 0x80) this.bytes[--this.at] = length;
    else {
      let count = 0;
      for (; length > 0; length >>>= 8, count += 1) this.bytes[--this.at] = length & 0xff;
      this.bytes[--this.at] = 0x80 | count;
    }
    this.bytes[--this.at] = tag;
  }

  integer(value: number): void {
    const end = this.at;
    this.#room(4);
    let rest = value | 0;
    do {
      this.bytes[--this.at] = rest & 0xff;
      rest >>= 8;
    } while (
      !(rest === 0 && (this.bytes[this.at] ?? 0) < 0x80) &&
      !(rest === -1 && (this.bytes[this.at] ?? 0) >= 0x80)
    );
    this.close(TAG.integer, end);
  }

  octets(bytes: Uint8Array): void {
    const end = this.at;
    this.raw(bytes);
    this.close(TAG.octets, end);
  }

  /** What was written, copied: the buffer is used again. */
  message(): Buffer {
    return Buffer.from(this.bytes.subarray(this.at));
  }

  #room(bytes: number): void {
    if (this.at < bytes + 8) throw new RangeError('an SNMP message larger than a datagram');
  }
}
