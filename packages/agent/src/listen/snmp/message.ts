/**
 * What a listener reads beyond what a poller does: messages of unknown version, and the PDUs that devices send by themselves.
 * Strict about structure, lenient about values that are only shown. Everything is a view into the datagram. Pure.
 */
import { BerReader, MalformedError, TAG } from '../../sample/snmp/codec/ber.ts';
import { VERSION_NUMBER } from '../../sample/snmp/codec/community-message.ts';
import { oidText } from '../../sample/snmp/codec/oid.ts';
import { readUsmMessage, type UsmMessage } from '../../sample/snmp/codec/usm-message.ts';
import { ticksValue } from '../../sample/snmp/codec/value.ts';

/** PDUs that come unasked (RFC 1157, RFC 3416). */
export const HEARD_PDU = { trapV1: 0xa4, inform: 0xa6, trapV2: 0xa7 } as const;

export interface CommunityMessage {
  readonly community: Uint8Array;
  /** The PDU with its tag. */
  readonly pdu: Uint8Array;
}

export type Message =
  | (CommunityMessage & { readonly version: '1' | '2c' })
  | { readonly version: '3'; readonly usm: UsmMessage };

export interface Varbind {
  readonly oid: string;
  readonly tag: number;
  readonly content: Uint8Array;
}

export interface Pdu {
  readonly requestId: number;
  readonly varbinds: readonly Varbind[];
  /** The list of varbinds as it came, with its tag. */
  readonly list: Uint8Array;
}

export interface TrapV1Pdu {
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly generic: number;
  readonly specific: number;
  /** Hundredths of a second. */
  readonly upTime: number;
  readonly varbinds: readonly Varbind[];
}

export interface ScopedPdu {
  readonly contextEngineId: Uint8Array;
  readonly context: Uint8Array;
  /** The PDU with its tag. */
  readonly pdu: Uint8Array;
}

const MOST_VARBINDS = 500;

/** Bytes behind the message are left alone: some devices send them. @throws MalformedError */
export function readMessage(bytes: Uint8Array): Message {
  const reader = new BerReader(bytes);
  const end = reader.enter(TAG.sequence, bytes.length);
  const version = reader.integer(end);
  if (version === VERSION_NUMBER['3']) return { version: '3', usm: readUsmMessage(bytes) };
  if (version !== VERSION_NUMBER['1'] && version !== VERSION_NUMBER['2c']) throw new MalformedError('version');
  const community = reader.octets(end);
  const pdu = wholeElement(reader, end);
  reader.done(end);
  return { version: version === VERSION_NUMBER['1'] ? '1' : '2c', community, pdu };
}

/** Bytes behind it are padding of the cipher. @throws MalformedError */
export function readScopedPdu(bytes: Uint8Array): ScopedPdu {
  const reader = new BerReader(bytes);
  const end = reader.enter(TAG.sequence, bytes.length);
  const contextEngineId = reader.octets(end);
  const context = reader.octets(end);
  const pdu = wholeElement(reader, end);
  reader.done(end);
  return { contextEngineId, context, pdu };
}

/** Every kind of PDU but that of a version 1 trap. @throws MalformedError */
export function readPdu(bytes: Uint8Array): Pdu {
  const reader = new BerReader(bytes);
  const end = reader.header(bytes.length);
  const requestId = reader.integer(end);
  reader.integer(end);
  reader.integer(end);
  const listAt = reader.at;
  const varbinds = readVarbinds(reader, end);
  return { requestId, varbinds, list: bytes.subarray(listAt, end) };
}

/** @throws MalformedError */
export function readTrapV1(bytes: Uint8Array): TrapV1Pdu {
  const reader = new BerReader(bytes);
  const end = reader.enter(HEARD_PDU.trapV1, bytes.length);
  const enterprise = oidText(content(reader, TAG.oid, end));
  const address = content(reader, TAG.ipAddress, end);
  if (address.length !== 4) throw new MalformedError('address');
  const generic = reader.integer(end);
  const specific = reader.integer(end);
  const ticks = content(reader, TAG.timeTicks, end);
  const upTime = ticksValue(TAG.timeTicks, ticks, 0, ticks.length);
  return {
    enterprise,
    agentAddress: address.join('.'),
    generic,
    specific,
    upTime,
    varbinds: readVarbinds(reader, end),
  };
}

/** The list, which ends where what holds it ends. */
function readVarbinds(reader: BerReader, limit: number): Varbind[] {
  if (reader.enter(TAG.sequence, limit) !== limit) throw new MalformedError('bytes behind the varbinds');
  const varbinds: Varbind[] = [];
  while (reader.at < limit) {
    if (varbinds.length === MOST_VARBINDS) throw new MalformedError('too many varbinds');
    const end = reader.enter(TAG.sequence, limit);
    const oid = oidText(content(reader, TAG.oid, end));
    if (reader.header(end) !== end) throw new MalformedError('bytes behind a value');
    varbinds.push({ oid, tag: reader.tag, content: reader.bytes.subarray(reader.at, end) });
    reader.at = end;
  }
  return varbinds;
}

function content(reader: BerReader, tag: number, limit: number): Uint8Array {
  const end = reader.enter(tag, limit);
  const view = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return view;
}

function wholeElement(reader: BerReader, limit: number): Uint8Array {
  const start = reader.at;
  const end = reader.header(limit);
  reader.at = end;
  return reader.bytes.subarray(start, end);
}
