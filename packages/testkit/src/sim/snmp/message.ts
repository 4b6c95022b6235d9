/** SNMPv2c messages: a request taken apart, a response put together (RFC 1901, RFC 3416). Pure. */
import { encode, encodeNumber, readInteger, readOid, readTlv, TAG } from './ber.ts';

export interface Request {
  readonly community: string;
  /** TAG.get, TAG.getNext, TAG.getBulk or TAG.set. */
  readonly pdu: number;
  readonly requestId: number;
  /** Error status, or non-repeaters of a GETBULK. */
  readonly first: number;
  /** Error index, or max-repetitions of a GETBULK. */
  readonly second: number;
  readonly oids: readonly (readonly number[])[];
}

const VERSION_2C = 1;
const REQUESTS: ReadonlySet<number> = new Set([TAG.get, TAG.getNext, TAG.getBulk, TAG.set]);

/** undefined for anything but a well-formed v2c request: an agent drops it in silence. */
export function parseRequest(bytes: Buffer): Request | undefined {
  const message = readTlv(bytes, 0, bytes.length);
  if (message?.tag !== TAG.sequence) return undefined;
  const version = readTlv(bytes, message.start, message.end);
  if (version === undefined || readInteger(bytes, version) !== VERSION_2C) return undefined;
  const community = readTlv(bytes, version.end, message.end);
  if (community?.tag !== TAG.octets) return undefined;
  const pdu = readTlv(bytes, community.end, message.end);
  if (pdu === undefined || !REQUESTS.has(pdu.tag)) return undefined;
  const numbers: number[] = [];
  let offset = pdu.start;
  for (let field = 0; field < 3; field += 1) {
    const part = readTlv(bytes, offset, pdu.end);
    const value = part === undefined ? undefined : readInteger(bytes, part);
    if (part === undefined || value === undefined) return undefined;
    numbers.push(value);
    offset = part.end;
  }
  const list = readTlv(bytes, offset, pdu.end);
  if (list?.tag !== TAG.sequence) return undefined;
  const oids: number[][] = [];
  for (offset = list.start; offset < list.end;) {
    const varbind = readTlv(bytes, offset, list.end);
    const name = varbind === undefined ? undefined : readTlv(bytes, varbind.start, varbind.end);
    const oid = name === undefined ? undefined : readOid(bytes, name);
    if (varbind?.tag !== TAG.sequence || oid === undefined) return undefined;
    oids.push(oid);
    offset = varbind.end;
  }
  const [requestId = 0, first = 0, second = 0] = numbers;
  return {
    community: bytes.toString('latin1', community.start, community.end),
    pdu: pdu.tag,
    requestId,
    first,
    second,
    oids,
  };
}

export interface Response {
  readonly community: string;
  readonly requestId: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  /** Encoded varbinds. */
  readonly varbinds: readonly Buffer[];
}

export function encodeResponse({ community, requestId, errorStatus, errorIndex, varbinds }: Response): Buffer {
  return encode(
    TAG.sequence,
    encodeNumber(TAG.integer, VERSION_2C),
    encode(TAG.octets, Buffer.from(community, 'latin1')),
    encode(
      TAG.response,
      encodeNumber(TAG.integer, requestId),
      encodeNumber(TAG.integer, errorStatus),
      encodeNumber(TAG.integer, errorIndex),
      encode(TAG.sequence, ...varbinds),
    ),
  );
}
