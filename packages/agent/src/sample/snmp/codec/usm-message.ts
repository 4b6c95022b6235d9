/**
 * Messages of SNMPv3 with the user-based security model (RFC 3412, RFC 3414): written in two steps because privacy
 * encrypts what authentication then signs; read in two steps for the same reason. Pure: keys are not known here.
 */
import { BerReader, MalformedError, MOST_MESSAGE_BYTES, TAG, type BerWriter } from './ber.ts';
import { VERSION_NUMBER } from './community-message.ts';
import { readAnswer, writeRequest, type Answer, type Request } from './pdu.ts';

export const FLAG = { auth: 1, privacy: 2, reportable: 4 } as const;
const SECURITY_MODEL_USM = 3;
const MOST_ENGINE_ID_BYTES = 32;

export interface UsmHeader {
  readonly messageId: number;
  /** Sum of FLAG. */
  readonly flags: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: Uint8Array;
  /** Length of the digest, 0 without authentication. */
  readonly digestBytes: number;
  /** What the receiver needs to decrypt; empty without privacy. */
  readonly salt: Uint8Array;
}

/** contextEngineID, contextName, PDU: what privacy encrypts. */
export function writeScopedPdu(
  writer: BerWriter,
  engineId: Uint8Array,
  context: Uint8Array,
  requestId: number,
  request: Request,
): void {
  writer.reset();
  const end = writer.at;
  writeRequest(writer, requestId, request);
  writer.octets(context);
  writer.octets(engineId);
  writer.close(TAG.sequence, end);
}

/**
 * Puts the header before the data that the writer holds (a scoped PDU, encrypted or not).
 * @returns where in the finished message the digest's zeros stand
 */
export function writeUsmHeader(writer: BerWriter, header: UsmHeader): number {
  const end = MOST_MESSAGE_BYTES;
  const parameters = writer.at;
  writer.octets(header.salt);
  const digestEnd = writer.at;
  writer.raw(ZEROS.subarray(0, header.digestBytes));
  const digestAt = writer.at;
  writer.close(TAG.octets, digestEnd);
  writer.octets(header.user);
  writer.integer(header.time);
  writer.integer(header.boots);
  writer.octets(header.engineId);
  writer.close(TAG.sequence, parameters);
  writer.close(TAG.octets, parameters);
  const global = writer.at;
  writer.integer(SECURITY_MODEL_USM);
  writer.octets(Uint8Array.of(header.flags));
  writer.integer(MOST_MESSAGE_BYTES);
  writer.integer(header.messageId);
  writer.close(TAG.sequence, global);
  writer.integer(VERSION_NUMBER['3']);
  writer.close(TAG.sequence, end);
  return digestAt - writer.at;
}

const ZEROS = new Uint8Array(64);

export interface UsmMessage {
  readonly messageId: number;
  readonly flags: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: Uint8Array;
  /** Digest: where it stands. */
  readonly digestAt: number;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  /** Where the message ends; bytes behind it do not count. */
  readonly end: number;
  /** Scoped PDU, or what is to be decrypted to one. */
  readonly data: Uint8Array;
}

/** @throws MalformedError */
export function readUsmMessage(bytes: Uint8Array): UsmMessage {
  const reader = new BerReader(bytes);
  const end = reader.enter(TAG.sequence, bytes.length);
  if (reader.integer(end) !== VERSION_NUMBER['3']) throw new MalformedError('another version');
  const globalEnd = reader.enter(TAG.sequence, end);
  const messageId = reader.integer(globalEnd);
  reader.integer(globalEnd);
  const flagBytes = reader.octets(globalEnd);
  if (flagBytes.length !== 1) throw new MalformedError('flags');
  if (reader.integer(globalEnd) !== SECURITY_MODEL_USM) throw new MalformedError('another security model');
  reader.done(globalEnd);
  const parametersEnd = reader.enter(TAG.octets, end);
  if (reader.enter(TAG.sequence, parametersEnd) !== parametersEnd) throw new MalformedError('security parameters');
  const engineId = reader.octets(parametersEnd);
  if (engineId.length > MOST_ENGINE_ID_BYTES) throw new MalformedError('engine id');
  const boots = reader.integer(parametersEnd);
  const time = reader.integer(parametersEnd);
  if (boots < 0 || time < 0) throw new MalformedError('engine time');
  const user = reader.octets(parametersEnd);
  const digest = reader.octets(parametersEnd);
  const digestAt = reader.at - digest.length;
  const salt = reader.octets(parametersEnd);
  reader.done(parametersEnd);
  const flags = flagBytes[0] ?? 0;
  const dataAt = reader.at;
  const dataEnd = reader.enter((flags & FLAG.privacy) === 0 ? TAG.sequence : TAG.octets, end);
  if (dataEnd !== end) throw new MalformedError('bytes behind the data');
  const data = bytes.subarray((flags & FLAG.privacy) === 0 ? dataAt : reader.at, dataEnd);
  return { messageId, flags, engineId, boots, time, user, digestAt, digest, salt, end, data };
}

/** Bytes behind it are padding of the cipher. @throws MalformedError */
export function readScopedPdu(bytes: Uint8Array, into: Answer): void {
  const reader = new BerReader(bytes);
  const end = reader.enter(TAG.sequence, bytes.length);
  reader.octets(end);
  reader.octets(end);
  readAnswer(reader, end, into);
  reader.done(end);
}
