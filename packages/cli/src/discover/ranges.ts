/**
 * Networks as people write them, in the two notations agents read: `10.1.0.0/16` and `10.1.0.10-10.1.0.20`. Pure.
 *
 * Understood: a network with its length or its mask (`10.1.0.0/255.255.0.0`), first and last address (also
 * `10.1.0.10-20`), `10.1.2.*`, one address.
 */
import { isIP, isIPv4 } from 'node:net';
import { UsageError } from '../errors.ts';

export interface Range {
  /** As agents read it. */
  readonly text: string;
  /** Addresses of hosts; undefined for IPv6, which nobody counts through. */
  readonly hosts: number | undefined;
  /** Of an address in it. */
  readonly first: string;
  /** How narrow it is: of two that hold an address the one with the higher number is meant. */
  readonly bits: number;
}

const OCTET = 256;
const NOTATIONS = 'e.g. 10.1.0.0/16, 10.1.0.10-10.1.0.20, 10.1.0.10-20, 10.1.2.*, 2001:db8::/64';

/** @throws UsageError that names the option */
export function parseRange(text: string, option: string): Range {
  const range = wildcard(text) ?? span(text) ?? network(text);
  if (range !== undefined) return range;
  const named = /^[a-z][\w.-]*$/i.test(text) && isIP(text) === 0;
  throw new UsageError(`${option}: "${text}" is no network`, {
    hint: named ? `names are not looked up; ${NOTATIONS}` : NOTATIONS,
  });
}

function network(text: string): Range | undefined {
  const [address = '', length, ...more] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return undefined;
  const width = isIPv4(address) ? 32 : 128;
  const bits = length === undefined ? width : (maskBits(length) ?? Number(/^\d{1,3}$/.exec(length)?.[0] ?? Number.NaN));
  if (!(bits <= width)) return undefined;
  if (width === 128) return { text: `${address}/${bits}`, hosts: undefined, first: address, bits };
  const size = 2 ** (32 - bits);
  const first = Math.floor(numberOf(address) / size) * size + (bits < 31 ? 1 : 0);
  return { text: `${address}/${bits}`, hosts: bits < 31 ? size - 2 : size, first: addressOf(first), bits };
}

/** The length of a mask; undefined for what is none, a wildcard mask among them. */
function maskBits(text: string): number | undefined {
  if (!isIPv4(text)) return undefined;
  const zeros = 2 ** 32 - numberOf(text);
  const bits = 32 - Math.log2(zeros);
  return Number.isInteger(bits) ? bits : undefined;
}

function span(text: string): Range | undefined {
  const [from = '', to = '', ...more] = text.split('-').map((part) => part.trim());
  if (!isIPv4(from) || more.length > 0) return undefined;
  const last = /^\d{1,3}$/.test(to) ? `${from.slice(0, from.lastIndexOf('.'))}.${to}` : to;
  if (!isIPv4(last) || numberOf(last) < numberOf(from)) return undefined;
  const hosts = numberOf(last) - numberOf(from) + 1;
  return { text: `${from}-${last}`, hosts, first: from, bits: 32 - Math.log2(hosts) };
}

function wildcard(text: string): Range | undefined {
  const parts = text.split('.');
  const known = parts.findIndex((part) => part === '*');
  if (parts.length !== 4 || known < 1 || parts.slice(known).some((part) => part !== '*')) return undefined;
  return network(`${[...parts.slice(0, known), ...parts.slice(known).fill('0')].join('.')}/${known * 8}`);
}

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * OCTET + Number(part), 0);

const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
