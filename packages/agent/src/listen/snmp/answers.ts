/** What a listener says: responses to informs, and the reports by which others learn its engine (RFC 3414 section 4). */
import { BerWriter, TAG } from '../../sample/snmp/codec/ber.ts';
import { VERSION_NUMBER } from '../../sample/snmp/codec/community-message.ts';
import { oidBytes } from '../../sample/snmp/codec/oid.ts';
import { PDU } from '../../sample/snmp/codec/pdu.ts';
import { FLAG, writeUsmHeader } from '../../sample/snmp/codec/usm-message.ts';
import { AUTH } from '../../sample/snmp/usm/keys.ts';
import { digest, encrypt, Salts } from '../../sample/snmp/usm/protection.ts';
import type { EngineTime } from './time-window.ts';
import type { UsmUser } from './users.ts';

/** usmStats, by the reason for a report. */
export const USM_STATS = {
  securityLevel: '1.3.6.1.6.3.15.1.1.1.0',
  timeWindow: '1.3.6.1.6.3.15.1.1.2.0',
  user: '1.3.6.1.6.3.15.1.1.3.0',
  engine: '1.3.6.1.6.3.15.1.1.4.0',
  authentication: '1.3.6.1.6.3.15.1.1.5.0',
  decryption: '1.3.6.1.6.3.15.1.1.6.0',
} as const;

const NONE = new Uint8Array();
const writer = new BerWriter();
const salts = new Salts();

/** @param list the inform's own varbinds */
export function responsePdu(requestId: number, list: Uint8Array): Buffer {
  writer.reset();
  return pduAround(PDU.response, requestId, list);
}

export function reportPdu(requestId: number, oid: string, count: number): Buffer {
  writer.reset();
  const end = writer.at;
  writer.raw(Uint8Array.of(0, (count >>> 24) & 0xff, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff));
  writer.close(TAG.counter32, end);
  const value = writer.at;
  writer.raw(oidBytes(oid));
  writer.close(TAG.oid, value);
  writer.close(TAG.sequence, end);
  writer.close(TAG.sequence, end);
  const list = writer.message();
  writer.reset();
  return pduAround(PDU.report, requestId, list);
}

function pduAround(type: number, requestId: number, list: Uint8Array): Buffer {
  const end = writer.at;
  writer.raw(list);
  writer.integer(0);
  writer.integer(0);
  writer.integer(requestId);
  writer.close(type, end);
  return writer.message();
}

export function communityMessage(version: '1' | '2c', community: Uint8Array, pdu: Uint8Array): Buffer {
  writer.reset();
  const end = writer.at;
  writer.raw(pdu);
  writer.octets(community);
  writer.integer(VERSION_NUMBER[version]);
  writer.close(TAG.sequence, end);
  return writer.message();
}

export interface UsmAnswer {
  readonly id: number;
  readonly engineId: Uint8Array;
  readonly time: EngineTime;
  readonly userName: Uint8Array;
  /** Signs it; without one nobody does. */
  readonly user: UsmUser | undefined;
  /** Encrypted, where the user has privacy. */
  readonly private: boolean;
  readonly contextEngineId: Uint8Array;
  readonly context: Uint8Array;
  readonly pdu: Uint8Array;
}

export function usmMessage(answer: UsmAnswer): Buffer {
  const { id, engineId, time, userName, user, contextEngineId, context, pdu } = answer;
  const auth = user?.access.auth;
  const privacy = answer.private ? user?.access.privacy : undefined;
  const keys = auth === undefined ? undefined : user?.provenKeys(engineId);
  writer.reset();
  const end = writer.at;
  writer.raw(pdu);
  writer.octets(context);
  writer.octets(contextEngineId);
  writer.close(TAG.sequence, end);
  let salt: Uint8Array = NONE;
  if (privacy !== undefined && keys !== undefined) {
    const plain = writer.message();
    salt = salts.next(privacy.protocol, time.boots);
    writer.reset();
    writer.octets(encrypt(privacy.protocol, keys.privacy, { ...time, salt }, plain));
  }
  const digestAt = writeUsmHeader(writer, {
    messageId: id,
    flags: (auth === undefined ? 0 : FLAG.auth) | (privacy === undefined ? 0 : FLAG.privacy),
    engineId,
    boots: time.boots,
    time: time.time,
    user: userName,
    digestBytes: auth === undefined ? 0 : AUTH[auth.protocol].digestBytes,
    salt,
  });
  const message = writer.message();
  if (auth !== undefined && keys !== undefined) digest(auth.protocol, keys.auth, message).copy(message, digestAt);
  return message;
}
