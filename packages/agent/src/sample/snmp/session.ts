/**
 * One device's SNMP session: the only file that talks to `net-snmp`. Requests never throw and always end:
 * with varbinds and their response time, or with the reason. One try a call; retries are the caller's, so that
 * a response time belongs to one datagram.
 */
import snmp, { type Session, type Varbind } from 'net-snmp';
import type { ProbeStatus } from '@kaiku/protocol';
import type { SnmpTransport } from './transport.ts';

export type { Varbind } from 'net-snmp';

export interface SnmpPeer {
  /** IP address, resolved. */
  readonly address: string;
  readonly port: number;
  readonly community: string;
}

export type SnmpFailureReason = Exclude<ProbeStatus, 'ok' | 'missed'> | 'tooBig';

interface SnmpFailure {
  readonly ok: false;
  readonly reason: SnmpFailureReason;
}

export type SnmpAnswer<T> = { readonly ok: true; readonly value: T; readonly rttMs: number } | SnmpFailure;

export interface BulkAnswer {
  readonly heads: readonly Varbind[];
  /** One array a repeater, in the order asked. */
  readonly columns: readonly (readonly Varbind[])[];
}

/** What polls and walks need of a session; a table in memory stands in for it in tests. */
export interface SnmpSession {
  get(oids: readonly string[], timeoutMs: number): Promise<SnmpAnswer<readonly Varbind[]>>;
  getBulk(
    heads: readonly string[],
    columns: readonly string[],
    repetitions: number,
    timeoutMs: number,
  ): Promise<SnmpAnswer<BulkAnswer>>;
  close(): void;
}

/** net-snmp's own timer is answered first; this one ends requests it has lost track of. */
const GUARD_MS = 250;
const LEAST_TIMEOUT_MS = 20;

export function openSession(peer: SnmpPeer, transport: SnmpTransport): SnmpSession {
  const session: Session = snmp.createSession(peer.address, peer.community, {
    version: snmp.Version2c,
    transport: peer.address.includes(':') ? 'udp6' : 'udp4',
    port: peer.port,
    retries: 0,
    timeout: 2000,
    dgramModule: transport.moduleFor(peer.address, peer.port),
  });
  // Without a listener a malformed datagram would end the process.
  let malformed = 0;
  session.on('error', () => {
    malformed += 1;
    transport.malformed += 1;
  });

  const ask = <T>(
    timeoutMs: number,
    request: (done: (error: Error | null, value?: T) => void) => void,
  ): Promise<SnmpAnswer<T>> =>
    new Promise((answer) => {
      session.timeout = Math.max(Math.round(timeoutMs), LEAST_TIMEOUT_MS);
      const malformedBefore = malformed;
      const silence = (): SnmpFailure => ({
        ok: false,
        reason: malformed > malformedBefore ? 'malformed' : 'timeout',
      });
      const guard = setTimeout(() => answer(silence()), session.timeout + GUARD_MS);
      const sentAt = performance.now();
      request((error, value) => {
        const rttMs = performance.now() - sentAt;
        clearTimeout(guard);
        if (error === null && value !== undefined) answer({ ok: true, value, rttMs });
        else {
          const reason = failureReason(error);
          answer(reason === 'timeout' ? silence() : { ok: false, reason });
        }
      });
    });

  return {
    get: (oids, timeoutMs) => ask(timeoutMs, (done) => session.get(oids, done)),
    getBulk: async (heads, columns, repetitions, timeoutMs) => {
      const answer = await ask<(Varbind | Varbind[])[]>(timeoutMs, (done) =>
        session.getBulk([...heads, ...columns], heads.length, repetitions, done),
      );
      if (!answer.ok) return answer;
      const { value, rttMs } = answer;
      return {
        ok: true,
        rttMs,
        value: {
          heads: value.filter((each): each is Varbind => !Array.isArray(each)),
          columns: value.filter((each): each is Varbind[] => Array.isArray(each)),
        },
      };
    },
    close: () => {
      session.close();
    },
  };
}

/** SNMP error-status codes (RFC 3416). */
const TOO_BIG = 1;
const NO_SUCH_NAME = 2;
const NO_ACCESS = 6;
const AUTHORIZATION = 16;

function failureReason(error: Error | null): SnmpFailureReason {
  if (error === null) return 'malformed';
  if (error.name === 'RequestTimedOutError') return 'timeout';
  if (error.name === 'ResponseInvalidError') return 'malformed';
  if ('status' in error && typeof error.status === 'number') {
    if (error.status === TOO_BIG) return 'tooBig';
    if (error.status === NO_SUCH_NAME) return 'unsupported';
    return error.status === NO_ACCESS || error.status === AUTHORIZATION ? 'denied' : 'error';
  }
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'refused';
  return /^E(?:HOST|NET)(?:UNREACH|DOWN)$/.test(code) ? 'unreachable' : 'error';
}
