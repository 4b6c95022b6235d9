/**
 * What a device's SNMP agent answers: GET, GETNEXT and GETBULK over its Mib at a moment, with the
 * exceptions and limits of RFC 3416. Pure: bytes and a time in, bytes out, undefined for silence.
 */
import type { Mib, MibEntry } from '../model/mib.ts';
import { encode, encodeNumber, encodeOid, TAG } from './ber.ts';
import { encodeResponse, parseRequest, type Request } from './message.ts';

const ERROR = { none: 0, tooBig: 1, notWritable: 17 } as const;
/** Room for message header, community and PDU fields around the varbinds. */
const OVERHEAD_BYTES = 60;
const MAX_REPETITIONS = 1000;

export interface AgentOptions {
  readonly mib: Mib;
  readonly community: string;
  /** Largest response; GETBULK fills up to it, others answer tooBig. */
  readonly maxMessageBytes: number;
}

export interface SnmpAgent {
  readonly answer: (request: Buffer, atMs: number) => Buffer | undefined;
}

export function createSnmpAgent({ mib, community, maxMessageBytes }: AgentOptions): SnmpAgent {
  const names = new Map<MibEntry, Buffer>(mib.entries.map((entry) => [entry, encodeOid(entry.oid)]));
  const room = maxMessageBytes - OVERHEAD_BYTES - community.length;

  const found = (entry: MibEntry, atMs: number): Buffer =>
    encode(TAG.sequence, names.get(entry) ?? encodeOid(entry.oid), encodeValue(entry, atMs));
  const next = (oid: readonly number[], atMs: number): { varbind: Buffer; oid: readonly number[]; end: boolean } => {
    const entry = mib.next(oid);
    return entry === undefined
      ? { varbind: exception(oid, TAG.endOfMibView), oid, end: true }
      : { varbind: found(entry, atMs), oid: entry.oid, end: false };
  };
  const get = (oid: readonly number[], atMs: number): Buffer => {
    const entry = mib.get(oid.join('.'));
    if (entry !== undefined) return found(entry, atMs);
    return exception(oid, mib.hasObject(oid) ? TAG.noSuchInstance : TAG.noSuchObject);
  };
  const bulk = ({ oids, first, second }: Request, atMs: number): Buffer[] => {
    const out: Buffer[] = [];
    let bytes = 0;
    const take = (varbind: Buffer): boolean => {
      bytes += varbind.length;
      if (bytes > room) return false;
      out.push(varbind);
      return true;
    };
    const nonRepeaters = Math.min(Math.max(first, 0), oids.length);
    for (const oid of oids.slice(0, nonRepeaters)) if (!take(next(oid, atMs).varbind)) return out;
    let row = oids.slice(nonRepeaters);
    const repetitions = row.length === 0 ? 0 : Math.min(Math.max(second, 0), MAX_REPETITIONS);
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const steps = row.map((oid) => next(oid, atMs));
      for (const step of steps) if (!take(step.varbind)) return out;
      if (steps.every((step) => step.end)) return out;
      row = steps.map((step) => step.oid);
    }
    return out;
  };

  return {
    answer: (bytes, atMs) => {
      const request = parseRequest(bytes);
      if (request === undefined || request.community !== community) return undefined;
      const { requestId, oids } = request;
      const reply = (errorStatus: number, errorIndex: number, varbinds: readonly Buffer[]): Buffer =>
        encodeResponse({ community, requestId, errorStatus, errorIndex, varbinds });
      if (request.pdu === TAG.set) {
        return reply(
          ERROR.notWritable,
          1,
          oids.map((oid) => exception(oid, TAG.null)),
        );
      }
      if (request.pdu === TAG.getBulk) return reply(ERROR.none, 0, bulk(request, atMs));
      const varbinds = oids.map((oid) => (request.pdu === TAG.get ? get(oid, atMs) : next(oid, atMs).varbind));
      const size = varbinds.reduce((sum, varbind) => sum + varbind.length, 0);
      return size > room ? reply(ERROR.tooBig, 0, []) : reply(ERROR.none, 0, varbinds);
    },
  };
}

function exception(oid: readonly number[], tag: number): Buffer {
  return encode(TAG.sequence, encodeOid(oid), Buffer.from([tag, 0]));
}

function encodeValue({ object }: MibEntry, atMs: number): Buffer {
  if (object.kind === 'number') return encodeNumber(TAG[object.type], object.read(atMs));
  const text = object.read(atMs);
  if (object.type === 'octets') return encode(TAG.octets, Buffer.from(text, 'utf8'));
  const numbers = text.split('.').map(Number);
  return object.type === 'oid' ? encodeOid(numbers) : encode(TAG.ipAddress, Buffer.from(numbers));
}
