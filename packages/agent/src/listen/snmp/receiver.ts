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
import {
  communityMessage,
  MOST_MESSAGE_BYTES,
  reportPdu,
  responsePdu,
  USM_STATS,
  usmMessage,
  type UsmAnswer,
} from './answers.ts';
import { isMalformed } from './ber.ts';
import type { OwnEngine } from './engine.ts';
import { decrypt, isAuthentic, type EngineTime } from './keys.ts';
import {
  FLAG,
  PDU,
  readMessage,
  readPdu,
  readScopedPdu,
  readTrapV1,
  type CommunityMessage,
  type UsmMessage,
} from './message.ts';
import { isInOwnWindow, TimeWindows } from './time-window.ts';
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
  readonly raw: Buffer;
  /** Of an inform: what tells it from any other of its sender (a repeated one has the same), and the answer it waits for. */
  readonly inform?: { readonly id: string; readonly answer: (nowMs: number) => Buffer };
}

export type Heard =
  | HeardTrap
  | { readonly what: 'report'; readonly bytes: Buffer; readonly reason: TrapRefusal | undefined }
  | { readonly what: 'refused'; readonly reason: TrapRefusal };

export interface TrapAccess {
  readonly communities: readonly string[];
  readonly users: readonly UsmAccess[];
}

type Report = keyof typeof USM_STATS;

/** A PDU whose sender is believed. */
interface Believed {
  readonly pdu: Buffer;
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
      return message.version === 3 ? this.#usm(bytes, message, nowMs) : this.#community(message);
    } catch (error) {
      if (!isMalformed(error)) throw error;
      return refused('malformed');
    }
  }

  #community({ version, community, pdu }: CommunityMessage): Heard {
    if (!this.#communities.has(community)) return refused('community');
    const head = { version: version === 0 ? '1' : '2c' };
    if (version === 0) {
      if (pdu[0] !== PDU.trapV1) return refused('notWanted');
      return { what: 'trap', kind: 'trap', trap: trapOfV1(readTrapV1(pdu), head), raw: pdu };
    }
    return this.#pdu({ pdu, head, wrap: (answer) => communityMessage(version, community, answer) });
  }

  #usm(bytes: Buffer, message: UsmMessage, nowMs: number): Heard {
    const { engineId, flags } = message;
    const reportable = (flags & FLAG.reportable) !== 0;
    const own = engineId.equals(this.#engine.id);
    // RFC 3414 3.2 step 3: only what wants an answer can be meant for an engine it has yet to discover.
    if (!own && reportable) return this.#report(message, 'engine', nowMs);
    if (!own && engineId.length < 5) return refused('malformed');
    const users = this.#users.named(message.user);
    if (users.length === 0) return this.#refuse(message, 'user', nowMs);
    const level = flags & (FLAG.auth | FLAG.privacy);
    const fitting = users.filter((user) => levelOf(user) === level);
    if (fitting.length === 0) return this.#refuse(message, 'securityLevel', nowMs);
    const user = fitting.find((each) => isBy(each, bytes, message));
    if (user === undefined) return this.#refuse(message, 'authentication', nowMs);
    const keys = user.provenKeys(engineId);
    if (user.auth !== undefined && !this.#isFresh(message, own, nowMs)) {
      return own ? this.#refuse(message, 'timeWindow', nowMs, user) : refused('timeWindow');
    }
    const plain =
      user.privacy === undefined || keys.privacy === undefined
        ? message.data
        : decrypt(user.privacy, keys.privacy, message, message.salt, message.data);
    const scoped = this.#scoped(plain, user.privacy !== undefined);
    if (scoped === undefined) return this.#refuse(message, 'decryption', nowMs, user);
    const { contextEngineId, context, pdu } = scoped;
    // An inform is addressed to us, a trap is not.
    if (own !== (pdu[0] === PDU.inform)) return refused('notWanted');
    const head = {
      version: '3',
      user: message.user,
      engineId: engineId.toString('hex'),
      ...(context.length === 0 ? {} : { context: context.toString('utf8') }),
    };
    const wrap = (answer: Buffer, atMs: number): Buffer =>
      this.#answer({
        id: message.id,
        userName: message.user,
        user,
        private: user.privacy !== undefined,
        contextEngineId,
        context,
        pdu: answer,
        nowMs: atMs,
      });
    return this.#pdu({ pdu, head, wrap });
  }

  /** What was decrypted with a wrong key is noise. */
  #scoped(plain: Buffer, decrypted: boolean) {
    try {
      return readScopedPdu(plain);
    } catch (error) {
      if (decrypted && isMalformed(error)) return undefined;
      throw error;
    }
  }

  #isFresh(message: UsmMessage, own: boolean, nowMs: number): boolean {
    if (own) return isInOwnWindow(this.#time(nowMs), message);
    return this.#windows.isFresh(message.engineId.toString('hex'), message, nowMs / 1000);
  }

  #pdu({ pdu, head, wrap }: Believed): Heard {
    if (pdu[0] !== PDU.trapV2 && pdu[0] !== PDU.inform) return refused('notWanted');
    const parsed = readPdu(pdu);
    const trap = trapOf(parsed, head);
    if (pdu[0] === PDU.trapV2) return { what: 'trap', kind: 'trap', trap, raw: pdu };
    const { requestId, list } = parsed;
    const inform = {
      id: createHash('sha1').update(pdu).digest('base64'),
      answer: (nowMs: number) => wrap(responsePdu({ requestId, list }), nowMs),
    };
    return { what: 'trap', kind: 'inform', trap, raw: pdu, inform };
  }

  /** Refuses; says why to whoever wants to know. */
  #refuse(message: UsmMessage, reason: TrapRefusal & Report, nowMs: number, user?: UsmUser): Heard {
    const reportable = (message.flags & FLAG.reportable) !== 0;
    return reportable ? this.#report(message, reason, nowMs, user) : refused(reason);
  }

  #report(message: UsmMessage, report: Report, nowMs: number, user?: UsmUser): Heard {
    const count = (this.#counts.get(report) ?? 0) + 1;
    this.#counts.set(report, count);
    const bytes = this.#answer({
      id: message.id,
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
    return { boots: this.#engine.boots, timeS: Math.floor((nowMs - this.#startedMs) / 1000) };
  }
}

function levelOf({ auth, privacy }: UsmUser): number {
  return (auth === undefined ? 0 : FLAG.auth) | (privacy === undefined ? 0 : FLAG.privacy);
}

function isBy(user: UsmUser, bytes: Buffer, { engineId, digest }: UsmMessage): boolean {
  if (user.auth === undefined) return true;
  const key = user.authKey(engineId);
  return key !== undefined && isAuthentic(user.auth, key, bytes, digest);
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
