/**
 * A session's requests under way: sent, kept by their id until the answer or the deadline comes, settled once.
 * Shared by the sessions of all versions.
 */
import { MalformedError } from '../codec/ber.ts';
import { Answer, PDU } from '../codec/pdu.ts';
import type { Waiting } from './deadlines.ts';
import type { Outcome, SnmpFailureReason, Take } from './session.ts';
import type { Link, Listener, SnmpTransport } from './transport.ts';

/** SNMP error-status codes (RFC 1157, RFC 3416). */
const TOO_BIG = 1;
const NO_SUCH_NAME = 2;
const GEN_ERR = 5;
const NO_ACCESS = 6;
const RESOURCE_UNAVAILABLE = 13;
const AUTHORIZATION = 16;
const NOT_ALLOWED = 'it does not allow this user, at this security level, to read that (authorizationError, noAccess)';

/** One for all sessions: it is read before the next datagram is. */
export const answer = new Answer();

export class Pending implements Waiting {
  tick = 0;
  readonly id: number;
  readonly sentAt = performance.now();
  readonly #take: Take;
  readonly #done: (outcome: Outcome) => void;
  readonly #broken: (cause: unknown) => void;
  readonly #owner: Exchanges;
  /** Something came that was not SNMP, or not an answer: told apart from silence. */
  spoilt = false;

  constructor(
    id: number,
    owner: Exchanges,
    take: Take,
    done: (outcome: Outcome) => void,
    broken: (cause: unknown) => void,
  ) {
    this.id = id;
    this.#owner = owner;
    this.#take = take;
    this.#done = done;
    this.#broken = broken;
  }

  expire(): void {
    this.#owner.settle(this, failure(this.spoilt ? 'malformed' : 'timeout'));
  }

  /** What came for it: read and settled. */
  resolve(): void {
    const { errorStatus, errorIndex } = answer;
    const rttMs = performance.now() - this.sentAt;
    if (answer.type !== PDU.response) this.#owner.spoil(this);
    else if (errorStatus !== 0) {
      const reason = errorReason(errorStatus, errorIndex);
      this.#owner.settle(this, failure(reason, errorIndex, reason === 'denied' ? NOT_ALLOWED : undefined));
    } else {
      try {
        this.#take(answer);
      } catch (error) {
        // Ours to mend, and to be heard of by who asked, not by the socket.
        if (!(error instanceof MalformedError)) this.#broken(error);
        this.#owner.settle(this, failure('malformed'));
        return;
      }
      this.#owner.settle(this, { ok: true, rttMs });
    }
  }

  finish(outcome: Outcome): void {
    this.#done(outcome);
  }
}

export class Exchanges {
  readonly #transport: SnmpTransport;
  readonly #link: Link;
  readonly #pending = new Map<number, Pending>();

  constructor(transport: SnmpTransport, address: string, port: number, listener: Listener) {
    this.#transport = transport;
    this.#link = transport.link(address, port, listener);
  }

  send(id: number, bytes: Buffer, take: Take, timeoutMs: number): Promise<Outcome> {
    return new Promise((done, broken) => {
      const pending = new Pending(id, this, take, done, broken);
      this.#pending.set(id, pending);
      this.#transport.deadlines.add(pending, timeoutMs);
      this.#link.send(bytes, (error) => {
        if (error !== null) this.settle(pending, failure(sendFailure(error)));
      });
    });
  }

  /** The request an answer is for. */
  waitingFor(id: number): Pending | undefined {
    return this.#pending.get(id);
  }

  get idle(): boolean {
    return this.#pending.size === 0;
  }

  settle(pending: Pending, outcome: Outcome): void {
    if (!this.#pending.delete(pending.id)) return;
    this.#transport.deadlines.delete(pending);
    pending.finish(outcome);
  }

  /** Notes that a datagram was no answer, to one request or to whichever it was meant for. */
  spoil(one?: Pending): void {
    this.#transport.malformed += 1;
    if (one !== undefined) one.spoilt = true;
    else for (const pending of this.#pending.values()) pending.spoilt = true;
  }

  close(): void {
    this.#link.close();
    // Given up by us: the device may well be there.
    for (const pending of this.#pending.values()) this.settle(pending, failure('missed'));
  }
}

export function failure(reason: SnmpFailureReason, errorIndex = 0, detail?: string): Outcome {
  return detail === undefined ? { ok: false, reason, errorIndex } : { ok: false, reason, errorIndex, detail };
}

function errorReason(status: number, index: number): SnmpFailureReason {
  if (status === TOO_BIG) return 'tooBig';
  if (status === NO_ACCESS || status === AUTHORIZATION) return 'denied';
  if (status === RESOURCE_UNAVAILABLE) return 'error';
  if (index <= 0) return 'error';
  if (status === NO_SUCH_NAME) return 'badObject';
  return status === GEN_ERR ? 'unreadable' : 'error';
}

function sendFailure(error: Error): SnmpFailureReason {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'refused';
  return /^E(?:HOST|NET)(?:UNREACH|DOWN)$/.test(code) ? 'unreachable' : 'error';
}
