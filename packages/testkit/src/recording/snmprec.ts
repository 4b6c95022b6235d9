/**
 * Recorded devices as text, in snmpsim's format: a line `OID|tag|value` for each object, in the order of the tree. The
 * tag is the value's BER tag; with an `x` behind it the value is in hexadecimal. Pure.
 */
import { compareOids, parseOid } from '../sim/model/mib.ts';
import { encode, encodeOid, TAG } from '../sim/snmp/ber.ts';

/** An object as SNMP carries it: BER tag and content. */
export interface RecordedObject {
  readonly oid: string;
  readonly tag: number;
  readonly bytes: Uint8Array;
}

const OPAQUE = 0x44;
const NULL = 0x05;
const NUMBERS: ReadonlySet<number> = new Set([TAG.integer, TAG.counter32, TAG.gauge32, TAG.ticks, TAG.counter64]);
const MOST_ARC = 0xffff_ffff;
/** What a line can hold as it is. */
const PLAIN_TEXT = /^[\x20-\x7b\x7d\x7e]*$/;

export interface ReadRecording {
  readonly objects: readonly RecordedObject[];
  /** Lines that could not be understood, and why. */
  readonly problems: readonly string[];
}

/** Reads a recording. Lines of snmpsim's variation modules (`tag:module`) and malformed ones are left out and named. */
export function readSnmprec(text: string): ReadRecording {
  const objects = new Map<string, RecordedObject>();
  const problems: string[] = [];
  text.split(/\r?\n/u).forEach((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [oid = '', kind = '', ...rest] = line.split('|');
    const object = readObject(oid.trim().replace(/^\./, ''), kind.trim(), rest.join('|'));
    if (typeof object === 'string') problems.push(`line ${at + 1}: ${object}`);
    else objects.set(object.oid, object);
  });
  const sorted = [...objects.values()].map((object) => ({ object, arcs: parseOid(object.oid) }));
  sorted.sort((a, b) => compareOids(a.arcs, b.arcs));
  return { objects: sorted.map(({ object }) => object), problems };
}

function readObject(oid: string, kind: string, value: string): RecordedObject | string {
  const arcs = oid.split('.');
  if (arcs.length < 2 || arcs.some((arc) => !/^\d+$/.test(arc) || Number(arc) > MOST_ARC)) return `"${oid}" is no OID`;
  const [, number, hex] = /^(\d+)(x?)$/.exec(kind) ?? [];
  if (number === undefined) return `"${kind}" is no tag (2, 4, 4x, 6, 64, 65, 66, 67, 70)`;
  const tag = Number(number);
  const bytes = hex === 'x' ? hexBytes(value) : contentOf(tag, value);
  return bytes === undefined ? `"${value}" is no value of tag ${kind}` : { oid, tag, bytes };
}

function hexBytes(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s/gu, '');
  return /^(?:[\da-f]{2})*$/iu.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function contentOf(tag: number, value: string): Uint8Array | undefined {
  if (NUMBERS.has(tag)) return /^-?\d+$/.test(value.trim()) ? wholeNumber(BigInt(value.trim())) : undefined;
  if (tag === TAG.octets || tag === OPAQUE) return Buffer.from(value, 'latin1');
  if (tag === NULL) return new Uint8Array();
  if (tag === TAG.oid) {
    const text = value.trim().replace(/^\./, '');
    return /^\d+(?:\.\d+)+$/.test(text) ? encodeOid(parseOid(text)).subarray(2) : undefined;
  }
  if (tag !== TAG.ipAddress) return undefined;
  const octets = value.trim().split('.').map(Number);
  return octets.length === 4 && octets.every((each) => each >= 0 && each <= 255) ? Uint8Array.from(octets) : undefined;
}

function wholeNumber(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && (bytes[0] ?? 0) < 0x80) || (rest === -1n && (bytes[0] ?? 0) >= 0x80)));
  return Uint8Array.from(bytes);
}

/** One line of a recording, without its end. */
export function snmprecLine({ oid, tag, bytes }: RecordedObject): string {
  if (NUMBERS.has(tag)) return `${oid}|${tag}|${numberOf(tag, bytes)}`;
  if (tag === TAG.ipAddress && bytes.length === 4) return `${oid}|${tag}|${bytes.join('.')}`;
  if (tag === TAG.oid) return `${oid}|${tag}|${oidOf(bytes)}`;
  const text = Buffer.from(bytes).toString('latin1');
  return tag === TAG.octets && PLAIN_TEXT.test(text) && text.trim() === text
    ? `${oid}|${tag}|${text}`
    : `${oid}|${tag}x|${Buffer.from(bytes).toString('hex')}`;
}

function numberOf(tag: number, bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  const negative = (bytes[0] ?? 0) >= 0x80;
  if (tag === TAG.integer && negative) return value - (1n << BigInt(8 * bytes.length));
  // Some agents send unsigned numbers without the leading zero they need.
  return tag === TAG.counter64 ? BigInt.asUintN(64, value) : BigInt.asUintN(tag === TAG.integer ? 64 : 32, value);
}

function oidOf(bytes: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(value);
    value = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join('.');
}

/** The object as a varbind of an answer. */
export function varbindOf({ oid, tag, bytes }: RecordedObject): Buffer {
  return encode(TAG.sequence, encodeOid(parseOid(oid)), encode(tag, bytes));
}
