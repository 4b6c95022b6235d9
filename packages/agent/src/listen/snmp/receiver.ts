/**
 * What a datagram on the trap port is: an event, something to answer, or refused with its reason. No sockets and no clock;
 * never throws.
 *
 * ```
 *  v1, v2c ── community known? ───────────────────────────────────────────┐
 *  v3, engine unknown or ours (inform) ── we keep the time: reports, window ─┼─▶ PDU ─▶ trap or inform
 *  v3, another engine (trap) ──────────── the sender keeps the time ────────┘
 * ```
 * An inform is not answered here: its event carries the answer, to be sent when the event is on the disk.
 */
import { createHash } from 'node:crypto';
import { MalformedError } from '../../sample/snmp/codec/ber.ts';
import { FLAG, type UsmMessage } from '../../sample/snmp/codec/usm-message.ts';
import { authentic, decrypt } from '../../sample/snmp/usm/protection.ts';
import { communityMessage, reportPdu, responsePdu, USM_STATS, usmMessage, type UsmAnswer } from './answers.ts';
import type { OwnEngine } from './engine.ts';
import { HEARD_PDU, readMessage, readPdu, readScopedPdu, readTrapV1, type CommunityMessage } from './message.ts';
import { isInOwnWindow, TimeWindows, type EngineTime } from './time-window.ts';
import { trapOf, trapOfV1, type Trap } from './trap.ts';
import { UsmUsers, type UsmAccess, type UsmUser } from './users.ts';

export type TrapRefusal =
  | 'malformed'
  | 'tooLong'
  | 'notWanted'
  | 'community'
  | 'user'
  | 'securityLevel'
  | 'authentication'
  | 'timeWindow'
  | 'decryption';

export interface HeardTrap {
  readonly what: 'trap';
  readonly kind: 'trap' | 'inform';
  readonly trap: Trap;
  /** The PDU as it was on the wire, decrypted. */
  readonly raw: Uint8Array;
  /** Of an inform: what tells it from any other of its sender (a repeated one has the same), and the answer it waits for. */
  readonly inform?: { readonly id: string; readonly answer: (nowMs: number) => Buffer };
}

interface HeardReport {
  readonly what: 'report';
  readonly bytes: Buffer;
  /** Of what is to be counted as refused as well. */
  readonly reason: TrapRefusal | undefined;
}

export type Heard = HeardTrap | HeardReport | { readonly what: 'refused'; readonly reason: TrapRefusal };

export interface TrapAccess {
  readonly communities: readonly string[];
  readonly users: readonly UsmAccess[];
}

/** Largest message taken, octets. */
const MOST_MESSAGE_BYTES = 16_384;
const LEAST_ENGINE_ID_BYTES = 5;

type Report = keyof typeof USM_STATS;

/** A PDU whose sender is believed. */
interface Believed {
  readonly pdu: Uint8Array;
  readonly head: Readonly<Record<string, string>>;
  /** Wraps the answer to an inform. */
  readonly wrap: (pdu: Buffer, nowMs: number) => Buffer;
}

const refused = (reason: TrapRefusal): Heard => ({ what: 'refused', reason });

export class TrapReceiver {
  readonly #engine: OwnEngine;
  readonly #startedMs: number;
  readonly #users = new UsmUsers();
  readonly #windows = new TimeWindows();
  readonly #counts = new Map<Report, number>();
  #communities: ReadonlySet<string> = new Set();

  /** @param nowMs monotonic, as in all calls */
  constructor(engine: OwnEngine, nowMs: number) {
    this.#engine = engine;
    this.#startedMs = nowMs;
  }

  setAccess({ communities, users }: TrapAccess): void {
    this.#communities = new Set(communities);
    this.#users.set(users);
  }

  receive(bytes: Buffer, nowMs: number): Heard {
    if (bytes.length > MOST_MESSAGE_BYTES) return refused('tooLong');
    try {
      const message = readMessage(bytes);
      if (message.version === '3') return this.#usm(bytes.subarray(0, message.usm.end), message.usm, nowMs);
      return this.#community(message, message.version);
    } catch (error) {
      if (error instanceof MalformedError) return refused('malformed');
      throw error;
    }
  }

  #community({ community, pdu }: CommunityMessage, version: '1' | '2c'): Heard {
    if (!this.#communities.has(Buffer.from(community).toString('utf8'))) return refused('community');
    const head = { version };
    if (version === '2c')
      return this.#pdu({ pdu, head, wrap: (answer) => communityMessage(version, community, answer) });
    if (pdu[0] !== HEARD_PDU.trapV1) return refused('notWanted');
    return { what: 'trap', kind: 'trap', trap: trapOfV1(readTrapV1(pdu), head), raw: pdu };
  }

  #usm(bytes: Buffer, message: UsmMessage, nowMs: number): Heard {
    const { engineId, flags } = message;
    const reportable = (flags & FLAG.reportable) !== 0;
    const own = this.#engine.id.equals(engineId);
    if (own || !reportable) return this.#ofEngine(bytes, message, own, nowMs);
    // RFC 3414 3.2 step 3: what wants an answer is meant for an engine it has yet to discover, or for the one this was before.
    // But for a trap whose sender has set the flag by mistake: it is proved by its digest, under its sender's own engine.
    const heard =
      (flags & FLAG.auth) !== 0 && engineId.length >= LEAST_ENGINE_ID_BYTES
        ? this.#ofEngine(bytes, { ...message, flags: flags & ~FLAG.reportable }, own, nowMs)
        : undefined;
    if (heard?.what === 'trap') return heard;
    const report = this.#report(message, 'engine', nowMs);
    return { ...report, reason: heard?.reason === 'notWanted' ? undefined : heard?.reason };
  }

  #ofEngine(bytes: Buffer, message: UsmMessage, own: boolean, nowMs: number): Heard {
    const { engineId, flags } = message;
    if (!own && engineId.length < LEAST_ENGINE_ID_BYTES) return refused('malformed');
    const users = this.#users.named(textOf(message.user));
    if (users.length === 0) return this.#refuse(message, 'user', nowMs);
    const level = flags & (FLAG.auth | FLAG.privacy);
    const fitting = users.filter((user) => levelOf(user) === level);
    if (fitting.length === 0) return this.#refuse(message, 'securityLevel', nowMs);
    const user = senderOf(fitting, bytes, message);
    if (user === undefined) return this.#refuse(message, 'authentication', nowMs);
    const { auth, privacy } = user.access;
    const keys = user.provenKeys(engineId);
    if (auth !== undefined && !this.#isFresh(message, own, nowMs)) {
      return own ? this.#refuse(message, 'timeWindow', nowMs, user) : refused('timeWindow');
    }
    const plain = privacy === undefined ? message.data : decrypt(privacy.protocol, keys.privacy, message, message.data);
    const scoped = plain === undefined ? undefined : this.#scoped(plain, privacy !== undefined);
    if (scoped === undefined) return this.#refuse(message, 'decryption', nowMs, user);
    const { contextEngineId, context, pdu } = scoped;
    // An inform is addressed to us, a trap is not.
    if (own !== (pdu[0] === HEARD_PDU.inform)) return refused('notWanted');
    const head = {
      version: '3',
      user: textOf(message.user),
      engineId: Buffer.from(engineId).toString('hex'),
      ...(context.length === 0 ? {} : { context: textOf(context) }),
    };
    const wrap = (answer: Buffer, atMs: number): Buffer =>
      this.#answer({
        id: message.messageId,
        userName: message.user,
        user,
        private: privacy !== undefined,
        contextEngineId,
        context,
        pdu: answer,
        nowMs: atMs,
      });
    return this.#pdu({ pdu, head, wrap });
  }

  /** What was decrypted with a wrong key is noise. */
  #scoped(plain: Uint8Array, decrypted: boolean) {
    try {
      return readScopedPdu(plain);
    } catch (error) {
      if (decrypted && error instanceof MalformedError) return undefined;
      throw error;
    }
  }

  #isFresh(message: UsmMessage, own: boolean, nowMs: number): boolean {
    if (own) return isInOwnWindow(this.#time(nowMs), message);
    return this.#windows.isFresh(Buffer.from(message.engineId).toString('hex'), message, nowMs / 1000);
  }

  #pdu({ pdu, head, wrap }: Believed): Heard {
    if (pdu[0] !== HEARD_PDU.trapV2 && pdu[0] !== HEARD_PDU.inform) return refused('notWanted');
    const parsed = readPdu(pdu);
    const trap = trapOf(parsed, head);
    if (pdu[0] === HEARD_PDU.trapV2) return { what: 'trap', kind: 'trap', trap, raw: pdu };
    const { requestId, list } = parsed;
    const inform = {
      id: createHash('sha1').update(pdu).digest('base64'),
      answer: (nowMs: number) => wrap(responsePdu(requestId, list), nowMs),
    };
    return { what: 'trap', kind: 'inform', trap, raw: pdu, inform };
  }

  /** Refuses; says why to whoever wants to know. */
  #refuse(message: UsmMessage, reason: TrapRefusal & Report, nowMs: number, user?: UsmUser): Heard {
    const reportable = (message.flags & FLAG.reportable) !== 0;
    return reportable ? this.#report(message, reason, nowMs, user) : refused(reason);
  }

  #report(message: UsmMessage, report: Report, nowMs: number, user?: UsmUser): HeardReport {
    const count = (this.#counts.get(report) ?? 0) + 1;
    this.#counts.set(report, count);
    const bytes = this.#answer({
      id: message.messageId,
      userName: message.user,
      // RFC 3414 3.2 step 7: only the time is told with a digest, for it will be believed.
      user: report === 'timeWindow' ? user : undefined,
      private: false,
      contextEngineId: this.#engine.id,
      context: Buffer.alloc(0),
      pdu: reportPdu(requestIdOf(message), USM_STATS[report], count),
      nowMs,
    });
    // Discovering the engine and its clock is how every inform begins: nothing went wrong.
    return { what: 'report', bytes, reason: report === 'engine' || report === 'timeWindow' ? undefined : report };
  }

  #answer({ nowMs, ...answer }: Omit<UsmAnswer, 'engineId' | 'time'> & { readonly nowMs: number }): Buffer {
    return usmMessage({ ...answer, engineId: this.#engine.id, time: this.#time(nowMs) });
  }

  #time(nowMs: number): EngineTime {
    return { boots: this.#engine.boots, time: Math.floor((nowMs - this.#startedMs) / 1000) };
  }
}

function levelOf({ access: { auth, privacy } }: UsmUser): number {
  return (auth === undefined ? 0 : FLAG.auth) | (privacy === undefined ? 0 : FLAG.privacy);
}

/** The user whose digest fits. The digest in the message is zeros afterwards. */
function senderOf(users: readonly UsmUser[], bytes: Buffer, message: UsmMessage): UsmUser | undefined {
  const received = Buffer.from(message.digest);
  return users.find((user) => {
    const { auth } = user.access;
    return (
      auth === undefined || authentic(auth.protocol, user.authKey(message.engineId), bytes, message.digestAt, received)
    );
  });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Where it can be read without decrypting; else 0, and the message's id must do. */
function requestIdOf({ flags, data }: UsmMessage): number {
  if ((flags & FLAG.privacy) !== 0) return 0;
  try {
    return readPdu(readScopedPdu(data).pdu).requestId;
  } catch {
    return 0;
  }
}
