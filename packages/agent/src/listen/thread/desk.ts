/**
 * What happens to each thing heard, whichever socket it came by: admitted or not, read, put into the outbox; what is refused is
 * counted and summed up. One desk a thread. No sockets here: answers go out through functions.
 */
import { Admission } from '../admit/admission.ts';
import { OTHERS, Refusals, REFUSAL_WORDS, type Refusal, type RefusedSource, type Service } from '../admit/refusals.ts';
import type { TokenBucket } from '../admit/token-bucket.ts';
import { TrapReceiver, type HeardTrap } from '../snmp/receiver.ts';
import { MOST_SYSLOG_BYTES, parseSyslog } from '../syslog/parse.ts';
import { Informs } from './informs.ts';
import type { HeardEvent, ThreadSettings, ToThread } from './messages.ts';
import { Outbox } from './outbox.ts';

/** The event that sums up what was refused. */
const REFUSED = 'refused';
const WARNING = 4;

export interface Sender {
  readonly address: string;
  readonly port: number;
  /** Sends a datagram back. */
  readonly answer: (bytes: Buffer) => void;
}

export class Desk {
  readonly #receiver: TrapReceiver | undefined;
  readonly #traps: Admission;
  readonly #syslog: Admission;
  readonly #refusals = new Refusals();
  readonly #informs = new Informs();
  readonly #counts = {
    trapsHeard: 0,
    trapsKept: 0,
    informsAnswered: 0,
    informsRepeated: 0,
    syslogHeard: 0,
    syslogKept: 0,
  };
  readonly outbox: Outbox;

  constructor({ traps, limits }: ThreadSettings, post: (events: readonly HeardEvent[]) => void) {
    const nowMs = performance.now();
    const engine = traps === undefined ? undefined : { id: Buffer.from(traps.engineId, 'hex'), boots: traps.boots };
    this.#receiver = engine === undefined ? undefined : new TrapReceiver(engine, nowMs);
    this.#traps = new Admission(limits, nowMs);
    this.#syslog = new Admission(limits, nowMs);
    this.outbox = new Outbox(post);
  }

  setAccess({ known, access }: Extract<ToThread, { type: 'access' }>): void {
    const nowMs = performance.now();
    this.#traps.setKnown(known, nowMs);
    this.#syslog.setKnown(known, nowMs);
    this.#receiver?.setAccess(access);
  }

  hearTrap(bytes: Buffer, sender: Sender): void {
    const { address } = sender;
    const nowMs = performance.now();
    this.#counts.trapsHeard += 1;
    const admitted = this.#traps.admit(address, nowMs);
    if (admitted !== 'admitted') this.#refuse('traps', address, admitted);
    else if (this.#receiver !== undefined) {
      const heard = this.#receiver.receive(bytes, nowMs);
      if (heard.what === 'report') sender.answer(heard.bytes);
      if (heard.what === 'trap') this.#keepTrap(heard, sender);
      else if (heard.reason !== undefined) this.#refuse('traps', address, heard.reason);
    }
  }

  hearDatagram(bytes: Buffer, source: string): void {
    const admitted = this.#syslog.admit(source, performance.now());
    if (admitted === 'admitted') this.hearSyslog(bytes, bytes.length, source);
    else {
      this.#counts.syslogHeard += 1;
      this.#refuse('syslog', source, admitted);
    }
  }

  /** @param length octets it had before it was cut */
  hearSyslog(bytes: Buffer, length: number, source: string): void {
    this.#counts.syslogHeard += 1;
    const tsMs = Date.now();
    const heard = parseSyslog(bytes, tsMs, length);
    if (heard === undefined) {
      this.#refuse('syslog', source, 'malformed');
      return;
    }
    const { host, app, severity, message, fields } = heard;
    const raw = new Uint8Array(bytes.subarray(0, MOST_SYSLOG_BYTES));
    const event = {
      id: 0,
      tsMs,
      kind: 'syslog',
      source,
      origin: host,
      name: app,
      severity,
      message,
      fields,
      raw,
    } as const;
    if (this.outbox.add(event)) this.#counts.syslogKept += 1;
    else this.#refuse('syslog', source, 'queueFull');
  }

  connectionBucket(source: string, nowMs: number): TokenBucket {
    return this.#syslog.connectionBucket(source, nowMs);
  }

  /** A connection waits where a datagram would be dropped. */
  admitsConnection(bucket: TokenBucket, nowMs: number): boolean {
    return !this.outbox.full && this.#syslog.admitConnected(bucket, nowMs);
  }

  turnedAway(source: string): void {
    this.#refuse('syslog', source, 'connections');
  }

  droppedBySystem(service: Service, by: number): void {
    this.#refusals.add(service, OTHERS, 'socketFull', true, by);
  }

  settled({ count, sealed, lost }: Extract<ToThread, { type: 'settled' }>): void {
    const nowMs = performance.now();
    for (const id of sealed) if (this.#informs.sealed(id, nowMs) !== undefined) this.#counts.informsAnswered += 1;
    for (const id of lost) {
      const inform = this.#informs.drop(id);
      if (inform !== undefined) this.#refuse('traps', inform.source, 'unsealed');
    }
    this.outbox.settled(count);
  }

  /** Sums up what was refused since the last call, an event a source. */
  report(): void {
    for (const refused of this.#refusals.take()) this.outbox.add(summaryOf(refused, Date.now()), true);
  }

  figures(): Record<string, number> {
    const refusals = [...this.#refusals.totals()].map(([name, count]) => [`refused_${name.replace('/', '_')}`, count]);
    const strangers = this.#traps.strangers + this.#syslog.strangers;
    return {
      ...this.#counts,
      ...Object.fromEntries(refusals),
      listenWaiting: this.outbox.waiting,
      listenStrangers: strangers,
    };
  }

  #keepTrap({ kind, trap, raw, inform }: HeardTrap, { address, port, answer }: Sender): void {
    const { name, severity, message, fields, origin } = trap;
    const waiting =
      inform === undefined
        ? undefined
        : {
            key: `${address}#${port}#${inform.id}`,
            source: address,
            answer: () => answer(inform.answer(performance.now())),
          };
    if (waiting !== undefined && this.#informs.stateOf(waiting, performance.now()) !== 'new') {
      this.#counts.informsRepeated += 1;
      return;
    }
    const id = waiting === undefined ? 0 : this.#informs.open(waiting);
    const event = { id, tsMs: Date.now(), kind, source: address, origin, name, severity, message, fields } as const;
    if (this.outbox.add({ ...event, raw: new Uint8Array(raw) })) this.#counts.trapsKept += 1;
    else {
      this.#informs.drop(id);
      this.#refuse('traps', address, 'queueFull');
    }
  }

  #refuse(service: Service, source: string, reason: Refusal): void {
    const admission = service === 'traps' ? this.#traps : this.#syslog;
    this.#refusals.add(service, source, reason, admission.isKnown(source));
  }
}

const WORDS: Readonly<Record<Service, string>> = { traps: 'traps or informs', syslog: 'syslog messages' };

function summaryOf({ service, source, counts }: RefusedSource, tsMs: number): HeardEvent {
  const entries = Object.entries(counts) as [Refusal, number][];
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const reasons = entries.map(([reason, count]) => `${count} ${REFUSAL_WORDS[reason]}`).join(', ');
  const from = source === OTHERS ? 'various sources' : source;
  return {
    id: 0,
    tsMs,
    kind: service === 'traps' ? 'trap' : 'syslog',
    source,
    origin: undefined,
    name: REFUSED,
    severity: WARNING,
    message: `${total} ${WORDS[service]} of ${from} were not taken: ${reasons}`,
    fields: Object.fromEntries([['total', `${total}`], ...entries.map(([reason, count]) => [reason, `${count}`])]),
    raw: new Uint8Array(0),
  };
}
