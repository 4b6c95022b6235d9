/** DNS messages (RFC 1035) as far as a check needs them: one question out, an answer's records in. Pure. */

export const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  CAA: 257,
};
export const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

const CLASS_IN = 1;
const HEADER = 12;
/** Records read of one answer. */
const MAX_RECORDS = 1000;
const MAX_JUMPS = 64;
const MAX_NAME = 255;

export interface DnsRecord {
  readonly type: number;
  /** In the usual text form, names in small letters without the last dot. */
  readonly data: string;
}

export interface DnsAnswer {
  readonly id: number;
  readonly truncated: boolean;
  readonly rcode: number;
  readonly question: { readonly name: string; readonly type: number } | undefined;
  readonly answers: readonly DnsRecord[];
  /** Serial number of the first SOA, in the answer or beside it. */
  readonly serial: number | undefined;
}

export class DnsError extends Error {}

/** @param name as the catalog has it: labels of ASCII letters, digits, `-`, `_` and `*` */
export function encodeQuestion(id: number, name: string, type: number, recursion: boolean): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(recursion ? 0x0100 : 0, 2);
  head.writeUInt16BE(1, 4);
  const question = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  const tail = Buffer.from([0, type >> 8, type & 0xff, 0, CLASS_IN]);
  return Buffer.concat([head, ...question, tail]);
}

/** The name under which an address is looked up backwards. */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const [front = '', back] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const head = groups(front);
  const tail = groups(back ?? '');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  const digits = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('');
  return `${digits.split('').toReversed().join('.')}.ip6.arpa`;
}

/** @throws DnsError for what is no answer, is cut off or points in circles */
export function decodeAnswer(bytes: Buffer): DnsAnswer {
  if (bytes.length < HEADER) throw new DnsError('too short');
  const flags = bytes.readUInt16BE(2);
  if ((flags & 0x8000) === 0) throw new DnsError('a question, not an answer');
  const [questions, answers, authorities] = [4, 6, 8].map((at) => bytes.readUInt16BE(at));
  const cursor = { at: HEADER };
  let question: DnsAnswer['question'];
  for (let index = 0; index < Math.min(questions ?? 0, 4); index += 1) {
    const name = readName(bytes, cursor);
    const type = u16(bytes, cursor);
    u16(bytes, cursor);
    question ??= { name, type };
  }
  const truncated = (flags & 0x0200) !== 0;
  const found: DnsRecord[] = [];
  let serial: number | undefined;
  const total = Math.min((answers ?? 0) + (authorities ?? 0), MAX_RECORDS);
  try {
    for (let index = 0; index < total; index += 1) {
      const { record, soaSerial } = readRecord(bytes, cursor);
      serial ??= soaSerial;
      if (index < (answers ?? 0)) found.push(record);
    }
  } catch (error) {
    // A truncated answer may end anywhere; it is asked for again over TCP.
    if (!truncated) throw error;
  }
  return { id: bytes.readUInt16BE(0), truncated, rcode: flags & 0x000f, question, answers: found, serial };
}

interface Cursor {
  at: number;
}

function u16(bytes: Buffer, cursor: Cursor): number {
  if (cursor.at + 2 > bytes.length) throw new DnsError('cut off');
  cursor.at += 2;
  return bytes.readUInt16BE(cursor.at - 2);
}

function u32(bytes: Buffer, cursor: Cursor): number {
  return u16(bytes, cursor) * 0x10000 + u16(bytes, cursor);
}

function readRecord(
  bytes: Buffer,
  cursor: Cursor,
): { readonly record: DnsRecord; readonly soaSerial: number | undefined } {
  readName(bytes, cursor);
  const type = u16(bytes, cursor);
  u16(bytes, cursor);
  u32(bytes, cursor);
  const length = u16(bytes, cursor);
  const end = cursor.at + length;
  if (end > bytes.length) throw new DnsError('cut off');
  const inside = { at: cursor.at };
  let soaSerial: number | undefined;
  let data: string;
  switch (type) {
    case TYPES['A']:
      data = length === 4 ? [...bytes.subarray(inside.at, end)].join('.') : bad();
      break;
    case TYPES['AAAA']:
      data = length === 16 ? ipv6Text(bytes.subarray(inside.at, end)) : bad();
      break;
    case TYPES['NS']:
    case TYPES['CNAME']:
    case TYPES['PTR']:
      data = readName(bytes, inside);
      break;
    case TYPES['MX']:
      data = `${u16(bytes, inside)} ${readName(bytes, inside)}`;
      break;
    case TYPES['SRV']:
      data = `${u16(bytes, inside)} ${u16(bytes, inside)} ${u16(bytes, inside)} ${readName(bytes, inside)}`;
      break;
    case TYPES['TXT']:
      data = readStrings(bytes, inside.at, end);
      break;
    case TYPES['SOA']: {
      const names = `${readName(bytes, inside)} ${readName(bytes, inside)}`;
      const numbers = [0, 1, 2, 3, 4].map(() => u32(bytes, inside));
      soaSerial = numbers[0];
      data = `${names} ${numbers.join(' ')}`;
      break;
    }
    case TYPES['CAA']: {
      const tagLength = bytes[inside.at + 1] ?? 0;
      if (length < 2 + tagLength) bad();
      const tag = bytes.toString('latin1', inside.at + 2, inside.at + 2 + tagLength);
      data = `${bytes[inside.at] ?? 0} ${tag} "${bytes.toString('latin1', inside.at + 2 + tagLength, end)}"`;
      break;
    }
    default:
      data = bytes.toString('hex', inside.at, Math.min(end, inside.at + 64));
  }
  cursor.at = end;
  return { record: { type, data }, soaSerial };
}

function bad(): never {
  throw new DnsError('a record of a wrong length');
}

/** Reads a name, following pointers; each must lead backwards, so there are no circles. */
function readName(bytes: Buffer, cursor: Cursor): string {
  const labels: string[] = [];
  let at = cursor.at;
  let length = 0;
  let jumps = 0;
  let end: number | undefined;
  for (;;) {
    const size = bytes[at];
    if (size === undefined) throw new DnsError('cut off');
    if (size >= 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined) throw new DnsError('cut off');
      end ??= at + 2;
      const target = (size & 0x3f) * 256 + low;
      jumps += 1;
      if (target >= at || jumps > MAX_JUMPS) throw new DnsError('a name that points in circles');
      at = target;
    } else if (size > 63) throw new DnsError('a label that is too long');
    else if (size === 0) {
      cursor.at = end ?? at + 1;
      return labels.join('.').toLowerCase();
    } else {
      if (at + 1 + size > bytes.length) throw new DnsError('cut off');
      length += size + 1;
      if (length > MAX_NAME) throw new DnsError('a name that is too long');
      labels.push(bytes.toString('latin1', at + 1, at + 1 + size));
      at += size + 1;
    }
  }
}

function readStrings(bytes: Buffer, from: number, end: number): string {
  let out = '';
  let at = from;
  while (at < end) {
    const size = bytes[at] ?? 0;
    if (at + 1 + size > end) bad();
    out += bytes.toString('utf8', at + 1, at + 1 + size);
    at += 1 + size;
  }
  return out;
}

/** RFC 5952: small letters, no leading zeros, the longest run of zeros shortened. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const at = groups.join(':').indexOf(longest);
  const text = groups.join(':');
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}
