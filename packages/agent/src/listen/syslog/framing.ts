/**
 * Messages out of a stream (RFC 6587, RFC 5425): digits, a blank and the message's `<` mean that the octets are counted, anything
 * else that a line feed or a zero octet ends the message; decided anew for each message. Keeps one message's worth of octets at most: the rest of a
 * longer one is counted and passed over. Pure.
 */
import { MOST_SYSLOG_BYTES } from './parse.ts';

export interface Frame {
  readonly bytes: Buffer;
  /** Octets it had; more than `bytes` when it was cut. */
  readonly length: number;
}

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const NUL = 0;
const CARRIAGE_RETURN = 0x0d;
const LESS_THAN = 0x3c;
const MOST_DIGITS = 7;

const isDigit = (octet: number | undefined): boolean => octet !== undefined && octet >= 0x31 && octet <= 0x39;

/** What is passed over of a message that was handed out already: so many octets, or all up to the end of the line. */
type Skip = { readonly octets: number } | 'line' | undefined;

export class Framer {
  #bytes: Buffer = Buffer.alloc(0);
  #skip: Skip;

  /** Octets that wait for the rest of their message. */
  get waiting(): number {
    return this.#bytes.length;
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** The next message; undefined when more must come first. */
  next(): Frame | undefined {
    if (!this.#pass()) return undefined;
    const bytes = this.#bytes;
    if (bytes.length === 0) return undefined;
    const counted = isDigit(bytes[0]) ? this.#count() : 'not';
    if (counted === 'unknown') return undefined;
    return counted === 'not' ? this.#line() : this.#counted(counted.start, counted.length);
  }

  /** The stream has ended: what is left is a message without its end. */
  last(): Frame | undefined {
    const frame = this.next();
    if (frame !== undefined) return frame;
    const counted = isDigit(this.#bytes[0]) ? this.#count() : 'not';
    const rest = typeof counted === 'object' ? this.#bytes.subarray(counted.start) : this.#bytes;
    const bytes = this.#skip === undefined ? rest.subarray(0, MOST_SYSLOG_BYTES) : Buffer.alloc(0);
    this.#bytes = Buffer.alloc(0);
    return bytes.length === 0 ? undefined : { bytes, length: bytes.length };
  }

  /** Passes over what is to be passed over, and what lies between messages. False while more of it must come. */
  #pass(): boolean {
    if (this.#skip === 'line') {
      const end = lineEnd(this.#bytes);
      this.#bytes = end < 0 ? Buffer.alloc(0) : this.#bytes.subarray(end + 1);
      if (end < 0) return false;
    } else if (this.#skip !== undefined) {
      const passed = Math.min(this.#skip.octets, this.#bytes.length);
      this.#bytes = this.#bytes.subarray(passed);
      const octets = this.#skip.octets - passed;
      this.#skip = { octets };
      if (octets > 0) return false;
    }
    this.#skip = undefined;
    let at = 0;
    while (at < this.#bytes.length && isBetween(this.#bytes[at])) at += 1;
    if (at > 0) this.#bytes = this.#bytes.subarray(at);
    return true;
  }

  /** `123 <`: what else begins with a number (`200 OK`) is a line, and its text no count that would swallow what follows. */
  #count(): { readonly start: number; readonly length: number } | 'unknown' | 'not' {
    const bytes = this.#bytes;
    let at = 0;
    while (at < bytes.length && at <= MOST_DIGITS && isDigitOrZero(bytes[at])) at += 1;
    if (at > MOST_DIGITS) return 'not';
    if (at === bytes.length) return 'unknown';
    if (bytes[at] !== SPACE) return 'not';
    if (at + 1 === bytes.length) return 'unknown';
    if (bytes[at + 1] !== LESS_THAN) return 'not';
    return { start: at + 1, length: Number(bytes.toString('latin1', 0, at)) };
  }

  #counted(start: number, length: number): Frame | undefined {
    const kept = Math.min(length, MOST_SYSLOG_BYTES);
    if (this.#bytes.length < start + kept) return undefined;
    const bytes = this.#bytes.subarray(start, start + kept);
    this.#bytes = this.#bytes.subarray(start + kept);
    if (length > kept) this.#skip = { octets: length - kept };
    return { bytes, length };
  }

  #line(): Frame | undefined {
    const end = lineEnd(this.#bytes);
    if (end >= 0) {
      const line = this.#bytes.subarray(0, end);
      this.#bytes = this.#bytes.subarray(end + 1);
      const length = line.at(-1) === CARRIAGE_RETURN ? end - 1 : end;
      return { bytes: line.subarray(0, Math.min(length, MOST_SYSLOG_BYTES)), length };
    }
    if (this.#bytes.length <= MOST_SYSLOG_BYTES) return undefined;
    // How long it will be is not known yet: longer than what is kept.
    const bytes = this.#bytes.subarray(0, MOST_SYSLOG_BYTES);
    const { length } = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    this.#skip = 'line';
    return { bytes, length };
  }
}

function isBetween(octet: number | undefined): boolean {
  return octet === LINE_FEED || octet === CARRIAGE_RETURN || octet === NUL || octet === SPACE;
}

function isDigitOrZero(octet: number | undefined): boolean {
  return isDigit(octet) || octet === 0x30;
}

/** The nearer of line feed and zero octet; -1 when there is neither. */
function lineEnd(bytes: Buffer): number {
  const feed = bytes.indexOf(LINE_FEED);
  const nul = (feed < 0 ? bytes : bytes.subarray(0, feed)).indexOf(NUL);
  return nul < 0 ? feed : nul;
}
