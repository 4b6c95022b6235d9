/**
 * Object identifiers as the bytes they have on the wire: on the hot path nothing is turned into text. An index is what
 * follows a column's OID, in the same encoding. Pure.
 */
import { MalformedError } from './ber.ts';

const MOST_ARC = 0xffffffff;
const MOST_ARC_BYTES = 5;

/** Content bytes of `1.3.6.1…`. @throws RangeError when it is no OID */
export function oidBytes(text: string): Uint8Array {
  const arcs = text.split('.').map(Number);
  const [first = -1, second = -1] = arcs;
  if (arcs.some((arc) => !Number.isInteger(arc) || arc < 0 || arc > MOST_ARC)) throw new RangeError(`no OID: ${text}`);
  if (first < 0 || first > 2 || second < 0 || (first < 2 && second > 39)) throw new RangeError(`no OID: ${text}`);
  return arcsBytes([first * 40 + second, ...arcs.slice(2)]);
}

/** Content bytes of an index, `5` or `4.1.2`. */
export function indexBytes(text: string): Uint8Array {
  return arcsBytes(text.split('.').map(Number));
}

function arcsBytes(arcs: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const arc of arcs) {
    const groups = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift((rest % 128) | 0x80);
    bytes.push(...groups);
  }
  return Uint8Array.from(bytes);
}

/** Numbers of an index. @throws MalformedError when one is cut or too large */
function readArcs(bytes: Uint8Array, start: number, end: number): number[] {
  const arcs: number[] = [];
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (value > MOST_ARC + 80) throw new MalformedError('number in an OID');
    if (byte < 0x80) {
      arcs.push(value);
      value = 0;
    } else if (at === end - 1) throw new MalformedError('cut OID');
  }
  return arcs;
}

/** `1.3.6.1…`. @throws MalformedError */
export function oidText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const [head = 0, ...rest] = readArcs(bytes, start, end);
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join('.');
}

/** `4.1.2`. @throws MalformedError */
export function indexText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return readArcs(bytes, start, end).join('.');
}

/** Is every number whole, without padding, and of 32 bits at most? What is not can be neither compared nor told. */
export function wellFormed(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || (bytes[end - 1] ?? 0x80) >= 0x80) return false;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (length === 0 && byte === 0x80) return false;
    length = byte < 0x80 ? 0 : length + 1;
    // Five groups of seven bits: of the first only four count.
    if (length === MOST_ARC_BYTES || (length === MOST_ARC_BYTES - 1 && (bytes[at - length + 1] ?? 0) > 0x8f))
      return false;
  }
  return true;
}

/**
 * Compares two well-formed OIDs or indexes number by number: below, at or above 0 as the first is before, at or behind
 * the second. A longer number is a larger one; of equally long ones the bytes decide.
 */
export function compareOids(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  let i = aStart;
  let j = bStart;
  while (i < aEnd && j < bEnd && a[i] === b[j]) {
    i += 1;
    j += 1;
  }
  if (i === aEnd || j === bEnd) return aEnd - i - (bEnd - j);
  // Back to the start of the number in which they differ.
  while (i > aStart && (a[i - 1] ?? 0) >= 0x80) {
    i -= 1;
    j -= 1;
  }
  const left = arcLength(a, i);
  const right = arcLength(b, j);
  if (left !== right) return left - right;
  while (a[i] === b[j]) {
    i += 1;
    j += 1;
  }
  return (a[i] ?? 0) - (b[j] ?? 0);
}

function arcLength(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  return at - start;
}

/** Does `bytes[start..end)` begin with the whole of `prefix`? */
export function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  const { length } = prefix;
  if (end - start < length) return false;
  // What differs mostly differs at the end.
  for (let at = length - 1; at >= 0; at -= 1) if (bytes[start + at] !== prefix[at]) return false;
  return true;
}

export function sameBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  return end - start === other.length && startsWith(bytes, start, end, other);
}
