/**
 * One device's SNMP session as polls and walks see it. Requests never throw and always end: answered, with their
 * response time, or with the reason. One try a call; retries are the caller's, so that a response time belongs to one
 * datagram.
 */
import type { SnmpAccess } from '@kaiku/catalog';
import type { ProbeStatus } from '@kaiku/protocol';
import type { Answer, Request } from '../codec/pdu.ts';
import type { KeyRing } from '../usm/keys.ts';
import { CommunitySession } from './community-session.ts';
import type { SnmpTransport } from './transport.ts';
import { UsmSession } from './usm-session.ts';

/**
 * Beside a probe's reasons: `tooBig` asks for less; `badObject` names an object the device does not have (version 1);
 * `unreadable` one it could not read this time (a subagent that is silent); `budget`: not asked, for the device has had
 * all the requests it may have until the deadline.
 */
export type SnmpFailureReason = Exclude<ProbeStatus, 'ok'> | 'tooBig' | 'badObject' | 'unreadable' | 'budget';

export type Outcome =
  | { readonly ok: true; readonly rttMs: number }
  | {
      readonly ok: false;
      readonly reason: SnmpFailureReason;
      /** From 1, of `badObject` and `unreadable`. */
      readonly errorIndex: number;
      /** More about it, in words. */
      readonly detail?: string | undefined;
    };

/** Reads an answer while it is there: its arrays are used again for the next. */
export type Take = (answer: Answer) => void;

export interface SnmpSession {
  /** Without GETBULK: version 1. */
  readonly plain: boolean;
  /** snmpEngineBoots of version 3; undefined while unknown, and for other versions. */
  readonly engineBoots: number | undefined;
  /** @param deadlineMs by performance.now(): version 3 may need more than one exchange, none goes on behind it */
  ask(request: Request, take: Take, timeoutMs: number, deadlineMs?: number): Promise<Outcome>;
  close(): void;
}

export interface SnmpPeer {
  /** IP address, resolved. */
  readonly address: string;
  /** Secrets are plain here. */
  readonly access: SnmpAccess;
}

export function openSession({ address, access }: SnmpPeer, transport: SnmpTransport, keys: KeyRing): SnmpSession {
  return access.version === '3'
    ? new UsmSession(address, access, transport, keys)
    : new CommunitySession(address, { ...access, version: access.version }, transport);
}

/** A probe's status for a failure. */
export function statusOf(reason: SnmpFailureReason): ProbeStatus {
  if (reason === 'tooBig' || reason === 'unreadable') return 'error';
  if (reason === 'badObject') return 'unsupported';
  // Not asked: nothing is known of it.
  return reason === 'budget' ? 'missed' : reason;
}
