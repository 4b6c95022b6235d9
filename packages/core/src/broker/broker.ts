/**
 * The broker (NATS with JetStream) behind a type of ours. Everything Kaiku says to NATS goes through
 * here; no other file imports the client library.
 *
 * Invariants: reconnects for ever; while disconnected, plain messages are dropped (they are hints or
 * repeated) and acknowledged publishes fail with a retryable BrokerError, so callers keep their data.
 * Uses nothing that nats-server 2.9 lacks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeliverPolicy,
  AckPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  DiscardPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '@kaiku/protocol';
import { openBucket, type Bucket } from './bucket.ts';
import { BrokerError } from '../errors.ts';
import { asBrokerError, isMissing, isUnheard } from './failure.ts';
import type { Delivery, Subscription } from './messages.ts';
import { Puller } from './puller.ts';
import type { Log } from '../run/log.ts';

export interface BrokerOptions {
  readonly url: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly log: Log;
}

export type StreamKey = keyof typeof STREAMS;

const NS_PER_MS = 1_000_000;
const PING_INTERVAL_MS = 10_000;
const ACK_WAIT_MS = 60_000;
/** The server looks for overdue messages 100 ms after its patience was changed. */
const REDELIVER_MS = 400;
/** Deliveries a logger may hold unacknowledged: bounds its memory together with the batch limit. */
const MAX_ACK_PENDING = 1000;
/** The streams are slack, not the truth (agents keep 90 days): a few days and 8 GiB at most. */
const STREAM_AGE_MS = 3 * 24 * 3600 * 1000;
const STREAM_BYTES = 8 * 1024 ** 3;
const PUBLISH_TIMEOUT_MS = 5000;

export class Broker {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  #manager: JetStreamManager | undefined;
  #connected: boolean;
  readonly #disconnectActs = new Set<() => void>();
  readonly #reconnectActs = new Set<() => void>();
  readonly #pullers = new Map<string, Puller>();

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
    this.#connected = !connection.isClosed();
  }

  /** Connects, waiting for the first connection for as long as it takes (until `signal`). */
  static async connect({ url, name, log }: BrokerOptions): Promise<Broker> {
    log.info({ url }, 'connecting to the broker');
    const connection = await connect({
      servers: url,
      name,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      reconnectTimeWait: 500,
      reconnectJitter: 500,
      ignoreAuthErrorAbort: true,
    });
    const broker = new Broker(connection);
    void broker.#followStatus(log);
    log.info({ server: connection.getServer() }, 'connected to the broker');
    return broker;
  }

  async #followStatus(log: Log): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.#manager = undefined;
        log.warn('broker disconnected');
        for (const act of this.#disconnectActs) act();
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        log.info('broker reconnected');
        for (const act of this.#reconnectActs) act();
      }
    }
  }

  get connected(): boolean {
    return this.#connected && !this.#connection.isClosed();
  }

  async #jsm(): Promise<JetStreamManager> {
    this.#manager ??= await jetstreamManager(this.#connection, { timeout: PUBLISH_TIMEOUT_MS, checkAPI: false });
    return this.#manager;
  }

  /** Creates the streams where they are missing. Safe to call by everybody at any time. @throws BrokerError */
  async ensureStreams(): Promise<void> {
    for (const { name, subjects } of Object.values(STREAMS)) {
      try {
        await this.#ensureStream(name, subjects);
      } catch (error) {
        throw asBrokerError(error, `stream ${name}`);
      }
    }
  }

  async #ensureStream(name: string, subjects: readonly string[]): Promise<void> {
    const manager = await this.#jsm();
    try {
      await manager.streams.info(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await manager.streams.add({
        name,
        subjects: [...subjects],
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.Old,
        storage: StorageType.File,
        max_age: STREAM_AGE_MS * NS_PER_MS,
        max_bytes: STREAM_BYTES,
        num_replicas: 1,
      });
    }
  }

  /**
   * Publishes into a stream and waits for the server's PubAck. Creates the streams where they are missing.
   * @throws BrokerError, retryable when the broker is away or slow
   */
  async publishStored(subject: string, bytes: Uint8Array): Promise<void> {
    const what = `publish to ${subject}`;
    const publish = (): Promise<unknown> =>
      this.#whileConnected(what, () => this.#js.publish(subject, bytes, { timeout: PUBLISH_TIMEOUT_MS }));
    try {
      await publish();
    } catch (error) {
      if (!isUnheard(error)) throw asBrokerError(error, what);
      await this.ensureStreams();
      await publish().catch((again: unknown) => {
        throw asBrokerError(again, what);
      });
    }
  }

  /** A caller hears of a broker that is away or goes away at once, not after a timeout. */
  async #whileConnected<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (!this.connected) throw new BrokerError(`${what}: the broker is away`, true);
    return new Promise((done, fail) => {
      const act = (): void => fail(new BrokerError(`${what}: the broker went away`, true));
      this.#disconnectActs.add(act);
      run()
        .then(done, fail)
        .finally(() => this.#disconnectActs.delete(act));
    });
  }

  /** Plain message, best effort: dropped while disconnected. */
  publish(subject: string, bytes: Uint8Array): void {
    if (this.connected) this.#connection.publish(subject, bytes);
  }

  /** Plain subscription; survives reconnects. With `queue`, one of the group gets each message. */
  subscribe(
    subject: string,
    handler: (bytes: Uint8Array, subject: string, reply?: (answer: Uint8Array) => void) => void,
    queue?: string,
  ): Subscription {
    const subscription = this.#connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) return;
        const answerable = message.reply !== undefined && message.reply !== '';
        handler(message.data, message.subject, answerable ? (answer) => message.respond(answer) : undefined);
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  /** Request and one answer. @throws BrokerError */
  async request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const what = `request to ${subject}`;
    try {
      const answer = await this.#whileConnected(what, () =>
        this.#connection.request(subject, bytes, { timeout: timeoutMs }),
      );
      return answer.data;
    } catch (error) {
      throw asBrokerError(error, what);
    }
  }

  /**
   * Pulls up to `max` messages of a durable consumer, waiting up to `waitMs` for the first. Creates
   * stream and consumer where they are missing (a wiped broker comes back empty). Messages asked for
   * ahead wait here for the next call, at most 100 or 16 MiB a consumer.
   * @throws BrokerError
   */
  async pull(stream: StreamKey, durable: string, max: number, waitMs: number): Promise<readonly Delivery[]> {
    const { name } = STREAMS[stream];
    const key = `${stream} ${durable}`;
    let puller = this.#pullers.get(key);
    if (puller === undefined) {
      puller = new Puller(this.#js, name, durable);
      this.#pullers.set(key, puller);
    }
    try {
      return await puller.take(max, waitMs);
    } catch (error) {
      if (!isMissing(error)) throw asBrokerError(error, `pull from ${name}`);
      await this.#addConsumer(name, durable);
      return [];
    }
  }

  async #addConsumer(stream: string, durable: string): Promise<void> {
    await this.ensureStreams();
    try {
      const manager = await this.#jsm();
      await manager.consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: ACK_WAIT_MS * NS_PER_MS,
        max_ack_pending: MAX_ACK_PENDING,
      });
    } catch (error) {
      throw asBrokerError(error, `consumer ${durable} of ${stream}`);
    }
  }

  /**
   * Has what was delivered to a predecessor of this process, and never acknowledged, delivered again now
   * rather than at the end of its 60 s. For a start only, before the first pull: shortens the broker's
   * patience for a moment.
   * @throws BrokerError
   */
  async redeliver(stream: StreamKey, durable: string): Promise<void> {
    const { name } = STREAMS[stream];
    try {
      const { consumers } = await this.#jsm();
      const { num_ack_pending: pending, config } = await consumers.info(name, durable);
      if (pending === 0 && config.ack_wait === ACK_WAIT_MS * NS_PER_MS) return;
      await consumers.update(name, durable, { ack_wait: NS_PER_MS });
      await sleep(REDELIVER_MS);
      await consumers.update(name, durable, { ack_wait: ACK_WAIT_MS * NS_PER_MS });
    } catch (error) {
      if (!isMissing(error)) throw asBrokerError(error, `redelivery by ${durable}`);
    }
  }

  /** Messages a durable consumer has still to deliver or acknowledge; undefined when there is none. */
  async consumerLag(stream: StreamKey, durable: string): Promise<number | undefined> {
    try {
      const info = await (await this.#jsm()).consumers.info(STREAMS[stream].name, durable);
      return info.num_pending + info.num_ack_pending;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asBrokerError(error, `consumer ${durable}`);
    }
  }

  /** Opens a key-value bucket, creating it where it is missing. */
  async bucket(name: string, history = 1): Promise<Bucket> {
    return this.#whileConnected(`bucket ${name}`, () =>
      openBucket(this.#js, { name, history, onReconnect: (act) => this.#onReconnect(act) }),
    );
  }

  #onReconnect(act: () => void): Subscription {
    this.#reconnectActs.add(act);
    return { stop: () => this.#reconnectActs.delete(act) };
  }

  /** Round-trip to the server, ms. */
  async ping(): Promise<number> {
    return this.#connection.rtt();
  }

  /** Flushes what is on its way and closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#connection.isClosed()) return;
    for (const puller of this.#pullers.values()) puller.stop();
    if (this.#connected) await this.#connection.drain();
    else await this.#connection.close();
  }
}
