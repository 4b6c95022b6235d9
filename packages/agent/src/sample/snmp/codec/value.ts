/**
 * What a varbind's value means: number, counter or text. Values are read where they stand in the message. Pure.
 *
 * HOST-RESOURCES sizes are Integer32 and go negative on large disks: they are read as unsigned. Some agents give numbers
 * as text (UCD load averages), with their unit behind it.
 */
import { TAG } from './ber.ts';
import { oidText, wellFormed } from './oid.ts';

/** Net-SNMP's numbers in an Opaque: tag, length, IEEE 754. */
const OPAQUE_FLOAT = 0x9f7804;
const OPAQUE_DOUBLE = 0x9f7908;
/** A Counter64 of 2^63 or more begins with a zero byte. */
const MOST_NUMBER_BYTES = 9;

export function isAbsent(tag: number): boolean {
  return tag >= TAG.noSuchObject && tag <= TAG.endOfMibView;
}

const scratch = new BigUint64Array(1);
const words = new Uint32Array(scratch.buffer);

/** A gauge's raw value; NaN when it is no number. */
export function gaugeValue(tag: number, bytes: Uint8Array, start: number, end: number, asUnsigned = false): number {
  switch (tag) {
    case TAG.integer: {
      const value = signed(bytes, start, end);
      return asUnsigned && value < 0 ? value + 2 ** 32 : value;
    }
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeTicks:
      return unsigned(bytes, start, end) % 2 ** 32;
    case TAG.counter64:
      return Number(counterValue(tag, bytes, start, end) ?? Number.NaN);
    case TAG.opaque:
      return opaqueNumber(bytes, start, end);
    case TAG.octets:
      return textNumber(latin1(bytes, start, end));
    default:
      return Number.NaN;
  }
}

/** A number with what some agents put behind it: "12.3 %", "45 C/113 F", "1200 RPM". */
const NUMBER_WITH_UNIT = /^([-+]?\d+(?:\.\d+)?)(?:\s*[%\u00b0CFVAW]|\s+\p{L})/u;

function textNumber(raw: string): number {
  const text = raw.replace(/\0$/, '').trim();
  if (text === '') return Number.NaN;
  const number = Number(text);
  return Number.isNaN(number) ? Number(NUMBER_WITH_UNIT.exec(text)?.[1] ?? Number.NaN) : number;
}

/** A counter's reading; undefined when it is none. */
export function counterValue(tag: number, bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const wide = tag === TAG.counter64;
  if (!wide && tag !== TAG.counter32 && tag !== TAG.gauge32 && tag !== TAG.timeTicks && tag !== TAG.integer)
    return undefined;
  if (end === start || end - start > MOST_NUMBER_BYTES) return undefined;
  let low = 0;
  let high = 0;
  for (let at = start; at < end; at += 1) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | (bytes[at] ?? 0);
  }
  words[0] = low;
  words[1] = wide ? high : 0;
  return scratch[0];
}

/** Whole number of a TimeTicks; -1 when it is none. */
export function ticksValue(tag: number, bytes: Uint8Array, start: number, end: number): number {
  if (tag !== TAG.timeTicks || end === start || end - start > MOST_NUMBER_BYTES) return -1;
  return unsigned(bytes, start, end) % 2 ** 32;
}

function unsigned(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > MOST_NUMBER_BYTES) return Number.NaN;
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

function signed(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > MOST_NUMBER_BYTES) return Number.NaN;
  const first = bytes[start] ?? 0;
  let value = first >= 0x80 ? first - 256 : first;
  for (let at = start + 1; at < end; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

function opaqueNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 3) return Number.NaN;
  const head = ((bytes[start] ?? 0) << 16) | ((bytes[start + 1] ?? 0) << 8) | (bytes[start + 2] ?? 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + 3, end - start - 3);
  if (head === OPAQUE_FLOAT && view.byteLength === 4) return view.getFloat32(0);
  return head === OPAQUE_DOUBLE && view.byteLength === 8 ? view.getFloat64(0) : Number.NaN;
}

/** No control characters but white space, and no sign of a failed decoding. */
const PRINTABLE = /^(?:[\t\n\r]|[^\p{Cc}\ufffd])*$/u;
const LATIN1 = /^[\t\n\r\u0020-\u007e\u00a0-\u00ff]*$/;
const ASCII_CHARS = 24;

/** A value as text for facts and names: UTF-8 where it is, Latin-1 where it looks like it, else hex. */
export function textValue(tag: number, bytes: Uint8Array, start: number, end: number): string {
  if (isAbsent(tag) || tag === TAG.null) return '';
  if (tag === TAG.oid) return wellFormed(bytes, start, end) ? oidText(bytes, start, end) : '';
  if (tag === TAG.ipAddress) return bytes.subarray(start, end).join('.');
  if (tag !== TAG.octets && tag !== TAG.opaque) {
    const number = counterValue(tag, bytes, start, end);
    return tag === TAG.integer ? String(signed(bytes, start, end)) : number === undefined ? '' : String(number);
  }
  const till = end > start && bytes[end - 1] === 0 ? end - 1 : end;
  return shortAscii(bytes, start, till) ?? octetsText(bytes.subarray(start, till));
}

/** Most names are a few plain letters, which need no decoder. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > ASCII_CHARS) return undefined;
  let text = '';
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return undefined;
    text += String.fromCharCode(byte);
  }
  return text.trim();
}

function octetsText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const utf8 = buffer.toString('utf8');
  if (PRINTABLE.test(utf8)) return utf8.trim();
  const plain = buffer.toString('latin1');
  if (LATIN1.test(plain)) return plain.trim();
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
