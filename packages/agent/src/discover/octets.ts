/** Octets as discovery meets them, in values and in the indexes of tables: MAC and IP addresses. Pure. */
import { MalformedError, TAG } from '../sample/snmp/codec/ber.ts';
import { gaugeValue, textValue } from '../sample/snmp/codec/value.ts';

/** A value as it came: its BER tag and content. */
export interface Cell {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** RFC 3411: an engine id has 5 to 32. */
const HEX_OCTETS = 32;
const TEXT_CHARS = 1000;
const MAC_OCTETS = 6;
/** InetAddressType: ipv4, ipv6, and both with a zone index (four more octets). */
const INET_OCTETS: Readonly<Record<number, number>> = { 1: 4, 2: 16, 3: 4, 4: 16 };

const octet = (value: number): string => value.toString(16).padStart(2, '0');

export function macText(octets: ArrayLike<number>): string | undefined {
  if (octets.length !== MAC_OCTETS) return undefined;
  const text = Array.from(octets, octet).join(':');
  const none = text === '00:00:00:00:00:00' || text === 'ff:ff:ff:ff:ff:ff';
  return none || !/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text) ? undefined : text;
}

/** The octets of an octet string; none for anything else. */
export function octetsOf(cell: Cell | undefined): Uint8Array {
  return cell?.tag === TAG.octets ? cell.bytes : new Uint8Array();
}

/** A MAC address in a value; undefined when it is none. */
export function macOf(cell: Cell | undefined): string | undefined {
  return macText(octetsOf(cell));
}

export function hexOf(cell: Cell | undefined): string {
  return Buffer.from(octetsOf(cell).subarray(0, HEX_OCTETS)).toString('hex');
}

/** A value as text; empty for what is none, cut where a device tells a novel. */
export function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  try {
    return textValue(cell.tag, cell.bytes, 0, cell.bytes.length).slice(0, TEXT_CHARS);
  } catch (error) {
    if (error instanceof MalformedError) return '';
    throw error;
  }
}

export function numberOf(cell: Cell | undefined): number | undefined {
  if (cell === undefined || cell.tag === TAG.octets) return undefined;
  const value = gaugeValue(cell.tag, cell.bytes, 0, cell.bytes.length);
  return Number.isNaN(value) ? undefined : value;
}

/** A number of things or of a list: 0 for what is none. */
export function countOf(cell: Cell | undefined): number {
  const value = numberOf(cell) ?? 0;
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** The numbers of an index. */
export function indexParts(index: string): number[] {
  return index.split('.').map(Number);
}

/** Four or sixteen octets as an address; undefined for another number of them. */
export function ipText(octets: readonly number[]): string | undefined {
  if (octets.some((value) => !(value >= 0 && value <= 255))) return undefined;
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, at) => ((octets[2 * at] ?? 0) << 8) | (octets[2 * at + 1] ?? 0));
  return compress(groups);
}

/** The canonical text of an IPv6 address (RFC 5952). */
function compress(groups: readonly number[]): string {
  let [from, length] = [-1, 1];
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > length) [from, length] = [start, end - start];
  }
  const hex = groups.map((group) => group.toString(16));
  if (from < 0) return hex.join(':');
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + length).join(':')}`;
}

/**
 * An InetAddressType, length and octets that begin an index (RFC 4001).
 * @returns the address and what follows it
 */
export function inetOf(parts: readonly number[]): { readonly address: string; readonly rest: number[] } | undefined {
  const [type = 0, length = 0] = parts;
  const octets = INET_OCTETS[type];
  const address = octets === undefined ? undefined : ipText(parts.slice(2, 2 + octets));
  return address === undefined ? undefined : { address, rest: parts.slice(2 + length) };
}
