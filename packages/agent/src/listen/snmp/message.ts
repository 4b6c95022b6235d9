/**
 * SNMP messages as they arrive: the envelope of each version, and the PDUs a listener can meet. Strict about structure,
 * lenient about values that are only shown. Pure.
 */
import { BerReader, malformed, readInteger, readOid, readUnsigned, TAG } from './ber.ts';

export const PDU = {
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  trapV1: 0xa4,
  inform: 0xa6,
  trapV2: 0xa7,
  report: 0xa8,
} as const;

/** Bits of msgFlags (RFC 3412). */
export const FLAG = { auth: 1, privacy: 2, reportable: 4 } as const;

export interface CommunityMessage {
  readonly version: 0 | 1;
  readonly community: string;
  /** The PDU with its tag. */
  readonly pdu: Buffer;
}

export interface UsmMessage {
  readonly version: 3;
  readonly id: number;
  readonly flags: number;
  readonly engineId: Buffer;
  readonly boots: number;
  readonly timeS: number;
  readonly user: string;
  /** The digest, where it lies in the datagram. */
  readonly digest: Buffer;
  readonly salt: Buffer;
  /** The scoped PDU with its tag, or what must be decrypted to become one. */
  readonly data: Buffer;
}

export interface Varbind {
  readonly oid: string;
  readonly tag: number;
  readonly content: Buffer;
}

export interface Pdu {
  readonly tag: number;
  readonly requestId: number;
  readonly varbinds: readonly Varbind[];
  /** The list of varbinds as it came, with its tag. */
  readonly list: Buffer;
}

export interface TrapV1Pdu {
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly generic: number;
  readonly specific: number;
  readonly upTime: number;
  readonly varbinds: readonly Varbind[];
}

const USM = 3;
const MOST_VARBINDS = 500;

/** @throws when it is no SNMP message */
export function readMessage(bytes: Buffer): CommunityMessage | UsmMessage {
  const outer = new BerReader(bytes);
  const reader = outer.enter(TAG.sequence);
  outer.end();
  const version = reader.integer();
  if (version === 3) return readUsmMessage(reader);
  if (version !== 0 && version !== 1) return malformed();
  const community = reader.expect(TAG.octets).toString('latin1');
  const pdu = reader.next().whole;
  reader.end();
  return { version, community, pdu };
}

function readUsmMessage(reader: BerReader): UsmMessage {
  const head = reader.enter(TAG.sequence);
  const id = head.integer();
  head.integer();
  const flags = head.expect(TAG.octets);
  if (flags.length !== 1 || head.integer() !== USM) malformed();
  const parameters = reader.expect(TAG.octets);
  const security = new BerReader(parameters).enter(TAG.sequence);
  const engineId = security.expect(TAG.octets);
  const boots = readUnsigned(security.expect(TAG.integer));
  const timeS = readUnsigned(security.expect(TAG.integer));
  const user = security.expect(TAG.octets);
  const digest = security.expect(TAG.octets);
  const salt = security.expect(TAG.octets);
  security.end();
  const [octet = 0] = flags;
  const encrypted = (octet & FLAG.privacy) !== 0;
  const data = encrypted ? reader.expect(TAG.octets) : reader.next().whole;
  reader.end();
  // RFC 3411: 5 to 32 octets; empty in a discovery.
  if (engineId.length > 32 || user.length > 32 || (encrypted && (octet & FLAG.auth) === 0)) malformed();
  return { version: 3, id, flags: octet, engineId, boots, timeS, user: user.toString('utf8'), digest, salt, data };
}

export interface ScopedPdu {
  readonly contextEngineId: Buffer;
  readonly context: Buffer;
  /** The PDU with its tag. */
  readonly pdu: Buffer;
}

/** What follows it is padding of a block cipher. @throws */
export function readScopedPdu(bytes: Buffer): ScopedPdu {
  const reader = new BerReader(bytes).enter(TAG.sequence);
  const contextEngineId = reader.expect(TAG.octets);
  const context = reader.expect(TAG.octets);
  const pdu = reader.next().whole;
  reader.end();
  return { contextEngineId, context, pdu };
}

/** Every kind of PDU but that of a version 1 trap. @throws */
export function readPdu(bytes: Buffer): Pdu {
  const element = new BerReader(bytes).next();
  const reader = new BerReader(element.content);
  const requestId = reader.integer();
  reader.integer();
  reader.integer();
  const list = reader.next();
  reader.end();
  if (list.tag !== TAG.sequence) malformed();
  return { tag: element.tag, requestId, varbinds: readVarbinds(list.content), list: list.whole };
}

/** @throws */
export function readTrapV1(bytes: Buffer): TrapV1Pdu {
  const reader = new BerReader(bytes).enter(PDU.trapV1);
  const enterprise = readOid(reader.expect(TAG.oid));
  const address = reader.expect(TAG.ipAddress);
  if (address.length !== 4) malformed();
  const generic = reader.integer();
  const specific = reader.integer();
  const upTime = readUnsigned(reader.expect(TAG.timeTicks));
  const varbinds = readVarbinds(reader.expect(TAG.sequence));
  reader.end();
  return { enterprise, agentAddress: address.join('.'), generic, specific, upTime, varbinds };
}

function readVarbinds(content: Buffer): Varbind[] {
  const reader = new BerReader(content);
  const varbinds: Varbind[] = [];
  while (reader.more) {
    const pair = reader.enter(TAG.sequence);
    const oid = readOid(pair.expect(TAG.oid));
    const value = pair.next();
    pair.end();
    if (value.tag === TAG.integer) readInteger(value.content);
    varbinds.push({ oid, tag: value.tag, content: value.content });
    if (varbinds.length > MOST_VARBINDS) malformed();
  }
  return varbinds;
}
