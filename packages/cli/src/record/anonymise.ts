/**
 * Makes a recording fit to be given away: the same device without what tells whose it is. Whatever is replaced is replaced
 * everywhere by the same thing, in values, in texts and in indexes, so that rows still belong together. Pure.
 *
 * Replaced: names (of the system, neighbours, virtual machines, wireless networks), contacts, places, descriptions of
 * interfaces, serial numbers and asset tags, MAC and IPv4 addresses, e-mail addresses, engine ids, and words the caller
 * names. Left out: what other machines said or did (ARP, routes, connections, forwarding tables), command lines of
 * processes, SNMP's own users and communities, IPv6 addresses. What a device says of itself elsewhere in free text cannot
 * be known here: people look through the file before it leaves their house.
 */
import { isIPv4 } from 'node:net';
import type { RecordedObject } from '@kaiku/testkit';
import { LEFT_OUT, SAYS_WHOSE, type Whose } from './private-objects.ts';
import { Pseudonyms } from './pseudonyms.ts';

const OCTETS = 4;
const IP_ADDRESS = 64;
const MAC_OCTETS = 6;
const INET6_OCTETS = new Set([16, 20]);
/** Shorter words would be found in the middle of others. */
const LEAST_CHARS = 4;

export interface Anonymised {
  readonly objects: readonly RecordedObject[];
  readonly leftOut: number;
  /** How much of each kind was replaced, for people. */
  readonly replaced: Readonly<Record<string, number>>;
}

/** @param hidden words of the caller's own, e.g. the community and the address that was asked */
export function anonymise(objects: readonly RecordedObject[], hidden: readonly string[]): Anonymised {
  const kept = objects.filter(({ oid }) => !LEFT_OUT.some((prefix) => isWithin(oid, prefix)));
  const names = new Pseudonyms();
  for (const word of hidden) {
    if (isIPv4(word)) names.address(word);
    else if (word.length >= LEAST_CHARS) names.text('hidden', word);
  }
  for (const object of kept) learn(object, names);
  const out = kept.flatMap((object): RecordedObject[] => {
    const bytes = replaced(object, names);
    return bytes === undefined ? [] : [{ oid: names.inIndex(object.oid), tag: object.tag, bytes }];
  });
  return { objects: inOrder(out), leftOut: objects.length - out.length, replaced: names.counts };
}

/** Notes what this object says that must not be said elsewhere either. */
function learn(object: RecordedObject, names: Pseudonyms): void {
  const { tag, bytes } = object;
  if (tag === IP_ADDRESS && bytes.length === 4) names.address(bytes.join('.'));
  if (tag !== OCTETS || bytes.length === 0) return;
  if (isMac(bytes)) names.mac(Buffer.from(bytes).toString('hex'));
  const whose = whoseOf(object.oid);
  const text = textOf(bytes);
  if (whose === undefined || text === undefined || text.trim().length < LEAST_CHARS) return;
  names.text(whose, text.trim());
  // A host is also called by its name without the domain, and others of the domain have it, too.
  const [host = '', ...domain] = text.trim().split('.');
  if (whose !== 'name' || domain.length === 0 || isIPv4(text.trim())) return;
  if (host.length >= LEAST_CHARS) names.text('name', host);
  if (domain.length > 1) names.text('domain', domain.join('.'));
}

/** The object's new content; undefined when it cannot be told without telling whose it is. */
function replaced({ oid, tag, bytes }: RecordedObject, names: Pseudonyms): Uint8Array | undefined {
  if (tag === IP_ADDRESS && bytes.length === 4)
    return Uint8Array.from(names.address(bytes.join('.')).split('.'), Number);
  if (tag !== OCTETS) return bytes;
  const text = textOf(bytes);
  const whose = whoseOf(oid);
  if (text !== undefined) {
    const short = whose !== undefined && text.trim() !== '' && text.trim().length < LEAST_CHARS;
    return Buffer.from(short ? names.text(whose, text.trim()) : names.inText(text), 'latin1');
  }
  if (isMac(bytes)) return Buffer.from(names.mac(Buffer.from(bytes).toString('hex')), 'hex');
  if (whose !== undefined) return Buffer.alloc(bytes.length, 0x78);
  return INET6_OCTETS.has(bytes.length) ? undefined : bytes;
}

function whoseOf(oid: string): Whose | undefined {
  return SAYS_WHOSE.find(([prefix]) => isWithin(oid, prefix))?.[1];
}

const isWithin = (oid: string, prefix: string): boolean => oid === prefix || oid.startsWith(`${prefix}.`);

/** Six octets that are no word. */
function isMac(bytes: Uint8Array): boolean {
  return bytes.length === MAC_OCTETS && textOf(bytes) === undefined;
}

/** Undefined for octets that are no text. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[\t\n\r\x20-\x7e\xa0-\xff]*\0?$/.test(text) && !mostlyHigh(bytes) ? text : undefined;
}

/** Letters of other tongues are fewer than plain ones; in hardware addresses and keys they are not. */
function mostlyHigh(bytes: Uint8Array): boolean {
  return bytes.filter((byte) => byte >= 0x80).length * 2 > bytes.length;
}

/** Addresses in indexes may have changed places. Of two that became one the first is kept. */
function inOrder(objects: readonly RecordedObject[]): RecordedObject[] {
  const byOid = new Map<string, RecordedObject>();
  for (const object of objects) if (!byOid.has(object.oid)) byOid.set(object.oid, object);
  const keyed = [...byOid.values()].map((object) => ({ object, arcs: object.oid.split('.').map(Number) }));
  keyed.sort((a, b) => compare(a.arcs, b.arcs));
  return keyed.map(({ object }) => object);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
