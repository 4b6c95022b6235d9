/** What a listener says: responses to informs, and the reports by which others learn its engine (RFC 3414 section 4). */
import { randomBytes } from 'node:crypto';
import { encode, encodeNumber, encodeOid, TAG } from './ber.ts';
import { digestOf, encrypt, type EngineTime } from './keys.ts';
import { FLAG, PDU, readMessage, type Pdu } from './message.ts';
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

/** Largest message taken, octets. */
export const MOST_MESSAGE_BYTES = 16_384;

const USM = 3;
const SALT_BYTES = 8;

export function responsePdu({ requestId, list }: Pick<Pdu, 'requestId' | 'list'>): Buffer {
  return pduOf(PDU.response, requestId, list);
}

export function reportPdu(requestId: number, oid: string, count: number): Buffer {
  const varbind = encode(TAG.sequence, encodeOid(oid), encodeNumber(TAG.counter32, count % 2 ** 32));
  return pduOf(PDU.report, requestId, encode(TAG.sequence, varbind));
}

function pduOf(tag: number, requestId: number, list: Buffer): Buffer {
  return encode(tag, requestIdOf(requestId), encodeNumber(TAG.integer, 0), encodeNumber(TAG.integer, 0), list);
}

/** Request ids are signed. */
function requestIdOf(requestId: number): Buffer {
  if (requestId >= 0) return encodeNumber(TAG.integer, requestId);
  const content = Buffer.alloc(4);
  content.writeInt32BE(requestId);
  return encode(TAG.integer, content);
}

export function communityMessage(version: 0 | 1, community: string, pdu: Buffer): Buffer {
  return encode(
    TAG.sequence,
    encodeNumber(TAG.integer, version),
    encode(TAG.octets, Buffer.from(community, 'latin1')),
    pdu,
  );
}

export interface UsmAnswer {
  readonly id: number;
  readonly engineId: Buffer;
  readonly time: EngineTime;
  readonly userName: string;
  /** Signs, and encrypts when it has privacy; without it nothing does. */
  readonly user: UsmUser | undefined;
  readonly private: boolean;
  readonly contextEngineId: Buffer;
  readonly context: Buffer;
  readonly pdu: Buffer;
}

export function usmMessage(answer: UsmAnswer): Buffer {
  const { id, engineId, time, userName, user, contextEngineId, context, pdu } = answer;
  const keys = user?.provenKeys(engineId);
  const scoped = encode(TAG.sequence, encode(TAG.octets, contextEngineId), encode(TAG.octets, context), pdu);
  const privacy = answer.private && keys?.privacy !== undefined ? user?.privacy : undefined;
  const salt = privacy === undefined ? Buffer.alloc(0) : randomBytes(SALT_BYTES);
  const data =
    privacy === undefined || keys?.privacy === undefined
      ? scoped
      : encode(TAG.octets, encrypt(privacy, keys.privacy, time, salt, scoped));
  const auth = user?.auth;
  const flags = (auth === undefined ? 0 : FLAG.auth) | (privacy === undefined ? 0 : FLAG.privacy);
  const security = encode(
    TAG.sequence,
    encode(TAG.octets, engineId),
    encodeNumber(TAG.integer, time.boots),
    encodeNumber(TAG.integer, time.timeS),
    encode(TAG.octets, Buffer.from(userName, 'utf8')),
    encode(TAG.octets, Buffer.alloc(auth?.sent ?? 0)),
    encode(TAG.octets, salt),
  );
  const head = encode(
    TAG.sequence,
    encodeNumber(TAG.integer, id),
    encodeNumber(TAG.integer, MOST_MESSAGE_BYTES),
    encode(TAG.octets, Buffer.from([flags])),
    encodeNumber(TAG.integer, USM),
  );
  const bytes = encode(TAG.sequence, encodeNumber(TAG.integer, 3), head, encode(TAG.octets, security), data);
  if (auth === undefined || keys?.auth === undefined) return bytes;
  const message = readMessage(bytes);
  if (message.version === 3) digestOf(auth, keys.auth, bytes).copy(message.digest);
  return bytes;
}
