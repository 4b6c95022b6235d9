/**
 * What a varbind's value means: number, counter or text. Pure.
 *
 * Counter64 arrives as bytes. HOST-RESOURCES sizes are Integer32 and go negative on large disks: they are
 * read as unsigned. Some agents give numbers as text (UCD load averages).
 */
import type { Varbind } from './session.ts';

/** ASN.1 tags of SNMP values (RFC 3416). */
export const SNMP_TYPE = {
  integer: 2,
  octets: 4,
  oid: 6,
  counter32: 65,
  gauge32: 66,
  timeTicks: 67,
  opaque: 68,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;

/** hrStorageSize and hrStorageUsed. */
const UNSIGNED = /^1\.3\.6\.1\.2\.1\.25\.2\.3\.1\.[56]\./;
/** Opaque-wrapped float: tag 0x9f78, length 4, IEEE 754. */
const OPAQUE_FLOAT = 0x9f78;

export function isAbsent({ type }: Varbind): boolean {
  return type >= SNMP_TYPE.noSuchObject && type <= SNMP_TYPE.endOfMibView;
}

/** A gauge's raw value; NaN when it is no number. */
export function gaugeValue({ oid, type, value }: Varbind): number {
  if (typeof value === 'number')
    return type === SNMP_TYPE.integer && value < 0 && UNSIGNED.test(oid) ? value + 2 ** 32 : value;
  if (!Buffer.isBuffer(value)) return Number.NaN;
  if (type === SNMP_TYPE.counter64) return Number(unsigned(value));
  if (type === SNMP_TYPE.opaque) {
    return value.length === 7 && value.readUInt16BE(0) === OPAQUE_FLOAT ? value.readFloatBE(3) : Number.NaN;
  }
  const text = value.toString('latin1').trim();
  return text === '' ? Number.NaN : Number(text);
}

/** A counter's reading; undefined when it is none. */
export function counterValue({ type, value }: Varbind): bigint | undefined {
  if (Buffer.isBuffer(value)) return type === SNMP_TYPE.counter64 ? unsigned(value) : undefined;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value >>> 0) : undefined;
}

function unsigned(bytes: Buffer): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asUintN(64, value);
}

/** No control characters but white space, and no sign of a failed decoding. */
const PRINTABLE = /^(?:[\t\n\r]|[^\p{Cc}\ufffd])*$/u;

/** A value as text for facts and names: UTF-8 where it is, Latin-1 where it looks like it, else hex. */
export function textValue({ value }: Varbind): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Buffer.isBuffer(value)) return '';
  const end = value.at(-1) === 0 ? value.length - 1 : value.length;
  const bytes = value.subarray(0, end);
  const utf8 = bytes.toString('utf8');
  if (PRINTABLE.test(utf8)) return utf8.trim();
  const latin1 = bytes.toString('latin1');
  if (/^[\t\n\r\u0020-\u007e\u00a0-\u00ff]*$/.test(latin1)) return latin1.trim();
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
