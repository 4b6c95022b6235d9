/**
 * Whether one site can be relied on: pings it, gives up a connection that answers none (a black hole closes
 * nothing), and remembers when stored messages went unanswered, so that another site is used meanwhile.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../run/log.ts';
import { LinkRate } from './link-rate.ts';

/** A ping is due after half of this, and unanswered after all of it; found at the next look. */
const PATIENCE_MS = 8000;
const LOOKS = 8;
const SUSPECT_AFTER = 2;
const SUSPECT_MS = { first: 10_000, most: 60_000 } as const;

export class SiteHealth {
  readonly patienceMs: number;
  readonly rate: LinkRate;
  readonly #log: Log;
  readonly #onChange: () => void;
  #missed = 0;
  #suspicions = 0;
  #suspectUntilMs = 0;
  #pingSentMs: number | undefined;
  #pingDueMs = 0;
  #lookedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(patienceMs: number | undefined, log: Log, onChange: () => void) {
    this.patienceMs = patienceMs ?? PATIENCE_MS;
    this.rate = new LinkRate(2 * this.patienceMs);
    this.#log = log;
    this.#onChange = onChange;
  }

  get suspect(): boolean {
    return performance.now() < this.#suspectUntilMs;
  }

  /** Begins to watch a connection; `connected` says whether there is anything to watch now. */
  watch(connection: NatsConnection, connected: () => boolean): void {
    this.#timer = setInterval(() => {
      if (connected()) this.#look(connection);
      else this.#pingSentMs = undefined;
    }, this.patienceMs / LOOKS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(connection: NatsConnection): void {
    const nowMs = performance.now();
    const frozen = nowMs - this.#lookedMs > this.patienceMs;
    this.#lookedMs = nowMs;
    const sentMs = this.#pingSentMs;
    if (sentMs !== undefined) {
      // When this process itself stood still, the answer may lie here unread.
      if (frozen) this.#pingSentMs = nowMs;
      else if (nowMs - sentMs >= this.patienceMs + this.rate.allowanceMs()) this.#giveUp(connection, nowMs - sentMs);
      return;
    }
    if (nowMs < this.#pingDueMs) return;
    this.#pingSentMs = nowMs;
    this.#pingDueMs = nowMs + this.patienceMs / 2;
    connection.flush().then(
      () => (this.#pingSentMs = undefined),
      () => (this.#pingSentMs = undefined),
    );
  }

  #giveUp(connection: NatsConnection, silentMs: number): void {
    this.#log.warn({ silentMs: Math.round(silentMs) }, 'the broker is silent; giving up this connection');
    this.#pingSentMs = undefined;
    this.#suspect();
    void connection.reconnect();
  }

  /** A stored message was confirmed. */
  answered(): void {
    this.#missed = 0;
    this.#suspicions = 0;
    this.#suspectUntilMs = 0;
  }

  /** A stored message was not confirmed in time. */
  missedAnswer(): void {
    this.#missed += 1;
    if (this.#missed >= SUSPECT_AFTER) this.#suspect();
  }

  /** It stays suspect over reconnects: a server whose disk is full greets everybody and stores nothing. */
  #suspect(): void {
    this.#missed = 0;
    const pauseMs = Math.min(SUSPECT_MS.most, SUSPECT_MS.first * 2 ** this.#suspicions);
    this.#suspicions += 1;
    if (!this.suspect) this.#log.warn({ pauseMs }, 'the broker does not answer; other sites come first meanwhile');
    this.#suspectUntilMs = performance.now() + pauseMs;
    this.#onChange();
  }
}
