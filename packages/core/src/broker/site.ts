/**
 * One broker site: a connection that is made, watched, given up and made again for ever.
 *
 * ```
 *  away ── connected ──▶ well ── two answers missed, or silent ──▶ suspect ── pause over, or an answer ──▶ well
 *   ▲                     │                                          │
 *   └── socket closed, or no ping answered for 8 to 12 s ────────────┘
 * ```
 * A suspect site is used only when there is no better one; the pause doubles from 10 s to a minute.
 * Reconnects are spread: each attempt waits a random part of a time that doubles up to six seconds, so that
 * hundreds of agents come back one by one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { AuthorizationError, headers, TimeoutError } from '@nats-io/transport-node';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '@kaiku/protocol';
import { BrokerError } from '../errors.ts';
import type { Log } from '../run/log.ts';
import { Dialer } from './dial.ts';
import { asBrokerError, isMissing, isUnheard } from './failure.ts';
import type { Subscription } from './messages.ts';
import { KEY_REFUSED, type BrokerOptions } from './options.ts';
import { Puller } from './puller.ts';
import { SiteHealth } from './site-health.ts';
import { ACK_WAIT_MS, ensureStream, setPatience, type StreamKey } from './streams.ts';

const PUBLISH_TIMEOUT_MS = 5000;
const API_TIMEOUT_MS = 5000;
const CLOSE_MS = 2000;
/**
 * Where askers wait for answers: their own inbox, or what the server puts in its place between accounts. An answer
 * sent anywhere else would be this process saying, with its own rights, what the asker may not.
 */
const ANSWERABLE = /^(?:_INBOX|_R_)/;
/** The server looks for overdue messages 100 ms after its patience was changed. */
const REDELIVER_MS = 400;

export interface SiteOptions extends Omit<BrokerOptions, 'more' | 'mends'> {
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
  readonly #abort = new AbortController();
  readonly #disconnectActs = new Set<() => void>();
  readonly #reconnectActs = new Set<() => void>();
  readonly #pullers = new Map<string, Puller>();
  readonly #listening = new Set<Listening>();
  readonly #dialer: Dialer;
  readonly #health: SiteHealth;
  #trouble = 'not connected yet';
  /** It knows this key no more; empty while nothing says so. */
  #refusal = '';

  constructor(options: SiteOptions) {
    this.url = options.url;
    this.#options = options;
    this.#log = options.log.child({ site: options.url });
    this.#dialer = new Dialer(options, this.#log);
    this.#health = new SiteHealth(options.patienceMs, this.#log, options.onChange);
    void this.#connect();
  }

  get connected(): boolean {
    return this.#connected && this.#connection?.isClosed() === false;
  }

  /** Connected, and answering. */
  get well(): boolean {
    return this.connected && !this.#health.suspect;
  }

  /** Empty when nothing hurts. */
  get trouble(): string {
    if (!this.connected) return this.#trouble === '' ? 'away' : this.#trouble;
    return this.well ? this.#trouble : 'does not answer';
  }

  async #connect(): Promise<void> {
    const connection = await this.#dialer.connect(this.#abort.signal, (message) => (this.#trouble = message));
    if (connection !== undefined) this.#use(connection);
  }

  #use(connection: NatsConnection): void {
    this.#connection = connection;
    this.#js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
    for (const listening of this.#listening) this.#listen(connection, listening);
    void this.#followStatus(connection);
    this.#health.watch(connection, () => this.connected);
    this.#arrived('connected to the broker');
  }

  #arrived(what: string): void {
    this.#connected = true;
    this.#dialer.arrived();
    this.#trouble = '';
    this.#refusal = '';
    this.#log.info(what);
    for (const act of this.#reconnectActs) act();
    this.#options.onChange();
  }

  async #followStatus(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        // Each attempt that is refused ends like this: said once.
        if (this.#connected) this.#log.warn('broker disconnected');
        this.#connected = false;
        this.#manager = undefined;
        this.#trouble = this.#refusal === '' ? 'away' : this.#refusal;
        for (const act of this.#disconnectActs) act();
        this.#options.onChange();
      } else if (status.type === 'reconnect') {
        this.#arrived('broker reconnected');
      } else if (status.type === 'error') {
        const refused = status.error instanceof AuthorizationError;
        if (!refused || this.#refusal === '') this.#log.warn({ err: status.error }, 'the broker complains');
        if (refused) this.#refusal = KEY_REFUSED;
        if (!this.#connected) this.#trouble = refused ? KEY_REFUSED : status.error.message;
      }
    }
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

  /** Each for itself: one that cannot be made keeps nobody from the others. @throws BrokerError of the first */
  async ensureStreams(): Promise<void> {
    const failures: unknown[] = [];
    for (const key of Object.keys(STREAMS) as StreamKey[]) {
      await this.ensureStream(key).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** @throws BrokerError */
  async ensureStream(key: StreamKey): Promise<void> {
    const what = `stream ${STREAMS[key].name}`;
    try {
      const manager = await this.manager();
      await this.guarded(what, () => ensureStream(manager, key));
    } catch (error) {
      throw asBrokerError(error, what);
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
    const ahead = this.#health.rate.outstanding;
    const timeout = PUBLISH_TIMEOUT_MS + this.#health.rate.allowanceMs(bytes.length);
    const sentMs = performance.now();
    this.#health.rate.sent(bytes.length);
    try {
      await this.guarded(what, (_, js) => js.publish(subject, bytes, { timeout }));
      this.#health.rate.answered(bytes.length, ahead, performance.now() - sentMs);
      this.#health.answered();
    } catch (error) {
      this.#health.rate.gaveUp(bytes.length);
      if (error instanceof TimeoutError) this.#health.missedAnswer();
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
        const answerable = ANSWERABLE.test(message.reply ?? '');
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
        stuckMs: 2 * this.#health.patienceMs,
        manager: () => this.manager(),
        ensureStream: () => this.ensureStream(key),
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
    this.#abort.abort();
    this.#health.stop();
    for (const puller of this.#pullers.values()) puller.stop();
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return;
    if (this.#connected) await Promise.race([connection.drain().catch(() => undefined), sleep(CLOSE_MS)]);
    if (!connection.isClosed()) await connection.close();
  }
}
