/**
 * One broker site: a connection that is made, watched, given up and made again for ever.
 *
 * ```
 *  away ── connected ──▶ well ── two answers missed in a row, or silent ──▶ suspect ── pause over, or an answer ──▶ well
 *   ▲                     │                                               │
 *   └── socket closed, or no ping answered for 8 to 12 s ─────────────────┘
 * ```
 * A suspect site is used only when there is no better one; the pause doubles from 10 s to a minute. Reconnects are spread: each attempt waits a
 * random part of a time that doubles up to six seconds, so that hundreds of agents come back one by one.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { headers, nkeyAuthenticator, TimeoutError } from '@nats-io/transport-node';
import type { Auth, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '@kaiku/protocol';
import { BrokerError } from '../errors.ts';
import type { Log } from '../run/log.ts';
import { asBrokerError, isMissing, isUnheard } from './failure.ts';
import { LinkRate } from './link-rate.ts';
import type { Subscription } from './messages.ts';
import type { BrokerOptions } from './options.ts';
import { Puller } from './puller.ts';
import { ACK_WAIT_MS, ensureStream, setPatience, type StreamKey } from './streams.ts';
import { connectSite } from './transport.ts';

/** A ping is due after half of this, and unanswered after all of it; found at the next look. */
const PATIENCE_MS = 8000;
const LOOKS = 8;
const DIAL_TIMEOUT_MS = 8000;
/** The library's own pings are off: they know nothing of slow links. */
const NEVER_MS = 2 ** 30;
const PUBLISH_TIMEOUT_MS = 5000;
const API_TIMEOUT_MS = 5000;
const RECONNECT_MS = { first: 250, most: 6000 } as const;
const SUSPECT_AFTER = 2;
const SUSPECT_MS = { first: 10_000, most: 60_000 } as const;
const CLOSE_MS = 2000;
/** The server looks for overdue messages 100 ms after its patience was changed. */
const REDELIVER_MS = 400;

export interface SiteOptions extends Omit<BrokerOptions, 'more'> {
  readonly onChange: () => void;
  readonly wake: () => void;
}

export interface RawMessage {
  readonly data: Uint8Array;
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly respond: ((answer: Uint8Array) => void) | undefined;
}

interface Listening {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly handler: (message: RawMessage) => void;
  stop: () => void;
}

export class Site {
  readonly url: string;
  readonly #options: SiteOptions;
  readonly #log: Log;
  #connection: NatsConnection | undefined;
  #js: JetStreamClient | undefined;
  #manager: JetStreamManager | undefined;
  #connected = false;
  #closed = false;
  readonly #abort = new AbortController();
  readonly #disconnectActs = new Set<() => void>();
  readonly #reconnectActs = new Set<() => void>();
  readonly #pullers = new Map<string, Puller>();
  readonly #listening = new Set<Listening>();
  readonly #rate: LinkRate;
  readonly #patienceMs: number;
  #attempts = 0;
  #missed = 0;
  #suspectUntilMs = 0;
  #suspicions = 0;
  #pingSentMs: number | undefined;
  #pingDueMs = 0;
  #watch: NodeJS.Timeout | undefined;
  #trouble = 'not connected yet';

  constructor(options: SiteOptions) {
    this.url = options.url;
    this.#options = options;
    this.#log = options.log.child({ site: options.url });
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#rate = new LinkRate(2 * this.#patienceMs);
    void this.#connect();
  }

  get connected(): boolean {
    return this.#connected && this.#connection?.isClosed() === false;
  }

  /** Connected, and answering. */
  get well(): boolean {
    return this.connected && performance.now() >= this.#suspectUntilMs;
  }

  /** Empty when nothing hurts. */
  get trouble(): string {
    if (!this.connected) return this.#trouble === '' ? 'away' : this.#trouble;
    return this.well ? this.#trouble : 'does not answer';
  }

  async #connect(): Promise<void> {
    const { url, name, inboxPrefix, caFile } = this.#options;
    let said = '';
    while (!this.#closed) {
      try {
        const connection = await connectSite({
          servers: url,
          name,
          ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
          ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
          ...(this.#options.seedFile === undefined ? {} : { authenticator: (nonce?: string) => this.#proof(nonce) }),
          timeout: DIAL_TIMEOUT_MS,
          maxReconnectAttempts: -1,
          pingInterval: NEVER_MS,
          reconnectDelayHandler: () => 0,
          reconnectToServer: ([server]) => (server === undefined ? null : { server, delay: this.#nextDelayMs() }),
          ignoreAuthErrorAbort: true,
        });
        if (this.#closed) {
          await connection.close();
          return;
        }
        this.#use(connection);
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#trouble = `no connection: ${message}`;
        if (message !== said) this.#log.warn({ err: error }, 'no connection to the broker; trying on');
        said = message;
        await sleep(50, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      }
    }
  }

  /** A random part of a time that doubles with each attempt; the very first goes at once. */
  #nextDelayMs(): number {
    const attempt = this.#attempts;
    this.#attempts += 1;
    if (attempt === 0 && this.#connection === undefined) return 0;
    return Math.min(RECONNECT_MS.most, RECONNECT_MS.first * 2 ** attempt) * (0.3 + 0.7 * Math.random());
  }

  /** Read at each connection, so that a new key needs no restart. */
  #proof(nonce?: string): Auth {
    try {
      const seed = readFileSync(this.#options.seedFile ?? '', 'utf8').trim();
      return nkeyAuthenticator(Buffer.from(seed))(nonce);
    } catch (error) {
      this.#log.error({ err: error }, 'the key cannot be used');
      return undefined;
    }
  }

  #use(connection: NatsConnection): void {
    this.#connection = connection;
    this.#js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
    for (const listening of this.#listening) this.#listen(connection, listening);
    void this.#followStatus(connection);
    this.#watch = setInterval(() => this.#look(), this.#patienceMs / LOOKS);
    this.#watch.unref();
    this.#arrived('connected to the broker');
  }

  #arrived(what: string): void {
    this.#connected = true;
    this.#attempts = 0;
    this.#missed = 0;
    this.#pingSentMs = undefined;
    this.#trouble = '';
    this.#log.info(what);
    for (const act of this.#reconnectActs) act();
    this.#options.onChange();
  }

  async #followStatus(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.#manager = undefined;
        this.#trouble = 'away';
        this.#log.warn('broker disconnected');
        for (const act of this.#disconnectActs) act();
        this.#options.onChange();
      } else if (status.type === 'reconnect') {
        this.#arrived('broker reconnected');
      } else if (status.type === 'error') {
        this.#log.warn({ err: status.error }, 'the broker complains');
        if (!this.#connected) this.#trouble = status.error.message;
      }
    }
  }

  /** Sends pings and gives up a connection that answers none: a black hole closes nothing. */
  #look(): void {
    const connection = this.#connection;
    if (connection === undefined || !this.connected) return;
    const nowMs = performance.now();
    const sentMs = this.#pingSentMs;
    if (sentMs !== undefined) {
      if (nowMs - sentMs < this.#patienceMs + this.#rate.allowanceMs()) return;
      this.#log.warn({ silentMs: Math.round(nowMs - sentMs) }, 'the broker is silent; giving up this connection');
      this.#pingSentMs = undefined;
      this.#suspect();
      void connection.reconnect();
      return;
    }
    if (nowMs < this.#pingDueMs) return;
    this.#pingSentMs = nowMs;
    this.#pingDueMs = nowMs + this.#patienceMs / 2;
    connection.flush().then(
      () => (this.#pingSentMs = undefined),
      () => (this.#pingSentMs = undefined),
    );
  }

  #answered(): void {
    this.#missed = 0;
    this.#suspicions = 0;
    this.#suspectUntilMs = 0;
  }

  #missedAnswer(): void {
    this.#missed += 1;
    if (this.#missed >= SUSPECT_AFTER) this.#suspect();
  }

  /** It stays suspect over reconnects: a server whose disk is full greets everybody and stores nothing. */
  #suspect(): void {
    this.#missed = 0;
    const pauseMs = Math.min(SUSPECT_MS.most, SUSPECT_MS.first * 2 ** this.#suspicions);
    this.#suspicions += 1;
    if (this.well) this.#log.warn({ pauseMs }, 'the broker does not answer; using another site meanwhile');
    this.#suspectUntilMs = performance.now() + pauseMs;
    this.#options.onChange();
  }

  #need(what: string): NatsConnection {
    if (this.#connection === undefined || !this.connected) throw new BrokerError(`${what}: the broker is away`, true);
    return this.#connection;
  }

  /** A caller hears of a broker that is away or goes away at once, not after a timeout. @throws BrokerError */
  async guarded<T>(what: string, run: (connection: NatsConnection, js: JetStreamClient) => Promise<T>): Promise<T> {
    const connection = this.#need(what);
    const js = this.#js ?? jetstream(connection);
    return new Promise<T>((done, fail) => {
      const act = (): void => fail(new BrokerError(`${what}: the broker went away`, true));
      this.#disconnectActs.add(act);
      run(connection, js)
        .then(done, fail)
        .finally(() => this.#disconnectActs.delete(act));
    });
  }

  async manager(): Promise<JetStreamManager> {
    this.#manager ??= await jetstreamManager(this.#need('manage streams'), {
      timeout: API_TIMEOUT_MS,
      checkAPI: false,
    });
    return this.#manager;
  }

  /** @throws BrokerError */
  async ensureStreams(): Promise<void> {
    for (const key of Object.keys(STREAMS) as StreamKey[]) {
      try {
        const manager = await this.manager();
        await this.guarded(`stream ${STREAMS[key].name}`, () => ensureStream(manager, key));
      } catch (error) {
        throw asBrokerError(error, `stream ${STREAMS[key].name}`);
      }
    }
  }

  /** @throws BrokerError */
  async publishStored(subject: string, bytes: Uint8Array): Promise<void> {
    const what = `publish to ${subject}`;
    const most = this.#connection?.info?.max_payload;
    if (most !== undefined && bytes.length > most) {
      throw new BrokerError(`${what}: ${bytes.length} bytes are more than the broker takes (${most})`, false, {
        hint: 'raise max_payload in the configuration of nats-server',
      });
    }
    try {
      await this.#publishOnce(what, subject, bytes);
    } catch (error) {
      if (!isUnheard(error)) throw this.#publishFailed(error, what);
      try {
        await this.ensureStreams();
      } catch (refused) {
        const missing = new BrokerError(`${what}: no stream takes it yet`, true, {
          cause: refused,
          hint: 'a logger with rights to it creates the streams: is one running?',
        });
        throw this.#publishFailed(missing, what);
      }
      await this.#publishOnce(what, subject, bytes).catch((again: unknown) => {
        throw this.#publishFailed(again, what);
      });
    }
    this.#trouble = '';
  }

  async #publishOnce(what: string, subject: string, bytes: Uint8Array): Promise<void> {
    const ahead = this.#rate.outstanding;
    const timeout = PUBLISH_TIMEOUT_MS + this.#rate.allowanceMs(bytes.length);
    const sentMs = performance.now();
    this.#rate.sent(bytes.length);
    try {
      await this.guarded(what, (_, js) => js.publish(subject, bytes, { timeout }));
      this.#rate.answered(bytes.length, ahead, performance.now() - sentMs);
      this.#answered();
    } catch (error) {
      this.#rate.gaveUp(bytes.length);
      if (error instanceof TimeoutError) this.#missedAnswer();
      throw error;
    }
  }

  #publishFailed(error: unknown, what: string): Error {
    const failure = asBrokerError(error, what);
    if (this.connected) this.#trouble = failure.message;
    return failure;
  }

  publish(subject: string, bytes: Uint8Array, id: { readonly key: string; readonly value: string } | undefined): void {
    if (this.#connection === undefined || !this.connected) return;
    if (id === undefined) {
      this.#connection.publish(subject, bytes);
      return;
    }
    const marked = headers();
    marked.set(id.key, id.value);
    this.#connection.publish(subject, bytes, { headers: marked });
  }

  subscribe(subject: string, queue: string | undefined, handler: (message: RawMessage) => void): Subscription {
    const listening: Listening = { subject, queue, handler, stop: () => undefined };
    this.#listening.add(listening);
    if (this.#connection !== undefined) this.#listen(this.#connection, listening);
    return {
      stop: () => {
        this.#listening.delete(listening);
        listening.stop();
      },
    };
  }

  #listen(connection: NatsConnection, listening: Listening): void {
    const { subject, queue, handler } = listening;
    if (connection.isClosed()) return;
    const subscription = connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) {
          this.#log.warn({ err: error, subject }, 'not allowed to listen');
          return;
        }
        const answerable = message.reply !== undefined && message.reply !== '';
        handler({
          data: message.data,
          subject: message.subject,
          headers: message.headers,
          respond: answerable ? (answer) => void message.respond(answer) : undefined,
        });
      },
    });
    listening.stop = () => subscription.unsubscribe();
  }

  /** @throws BrokerError */
  async request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const what = `request to ${subject}`;
    try {
      const timeout = timeoutMs;
      return (await this.guarded(what, (connection) => connection.request(subject, bytes, { timeout }))).data;
    } catch (error) {
      throw asBrokerError(error, what);
    }
  }

  /** The puller of one consumer; undefined before the first connection. */
  puller(key: StreamKey, durable: string): Puller | undefined {
    const js = this.#js;
    if (js === undefined) return undefined;
    const id = `${key} ${durable}`;
    let puller = this.#pullers.get(id);
    if (puller === undefined) {
      const site = {
        js,
        log: this.#log,
        stuckMs: 2 * this.#patienceMs,
        manager: () => this.manager(),
        ensureStreams: () => this.ensureStreams(),
        wake: this.#options.wake,
      };
      puller = new Puller(site, key, durable);
      this.#pullers.set(id, puller);
    }
    return puller;
  }

  /** See Broker.redeliver. @throws BrokerError */
  async redeliver(key: StreamKey, durable: string): Promise<void> {
    this.puller(key, durable)?.release();
    try {
      const manager = await this.manager();
      const info = await manager.consumers.info(STREAMS[key].name, durable);
      if (info.num_ack_pending === 0) return;
      await setPatience(manager, key, durable, 1);
      await sleep(REDELIVER_MS);
      await setPatience(manager, key, durable, ACK_WAIT_MS);
    } catch (error) {
      if (!isMissing(error)) throw asBrokerError(error, `redelivery by ${durable}`);
    }
  }

  /** @throws BrokerError */
  async consumerLag(key: StreamKey, durable: string): Promise<number | undefined> {
    try {
      const info = await (await this.manager()).consumers.info(STREAMS[key].name, durable);
      return info.num_pending + info.num_ack_pending;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asBrokerError(error, `consumer ${durable}`);
    }
  }

  onReconnect(act: () => void): Subscription {
    this.#reconnectActs.add(act);
    return { stop: () => this.#reconnectActs.delete(act) };
  }

  /** Round-trip, ms. @throws BrokerError when it is away */
  async ping(): Promise<number> {
    return this.guarded('ping', (connection) => connection.rtt());
  }

  /** Flushes what is on its way, for a moment at most, and closes. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#abort.abort();
    clearInterval(this.#watch);
    for (const puller of this.#pullers.values()) puller.stop();
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return;
    if (this.#connected) await Promise.race([connection.drain().catch(() => undefined), sleep(CLOSE_MS)]);
    if (!connection.isClosed()) await connection.close();
  }
}
