/**
 * The broker (NATS with JetStream) behind a type of ours. Everything Kaiku says to NATS goes through
 * this folder; no other file imports the client library.
 *
 * It may consist of several **sites** that know nothing of each other. Here they look like one:
 * plain messages go to all of them and are heard once, stored messages go to the first that takes them,
 * pulls merge what all of them hold, requests and buckets use the first that answers.
 *
 * Invariants: reconnects for ever; while no site is there, plain messages are dropped (they are hints or
 * repeated) and acknowledged publishes fail with a retryable BrokerError, so callers keep their data.
 * A stored message may be in two sites at once (a lost PubAck): readers know it by its key.
 * Uses nothing that nats-server 2.9 lacks.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import { asBrokerError, isUnheard } from './failure.ts';
import type { Delivery, MessageHandler, Subscription } from './messages.ts';
import type { BrokerOptions } from './options.ts';
import { Seen } from './seen.ts';
import { Site } from './site.ts';
import { openSiteBucket } from './site-bucket.ts';
import type { StreamKey } from './streams.ts';

export type { StreamKey } from './streams.ts';

/** Header that marks a plain message sent to several sites, so that it is heard once. */
const ID_HEADER = 'Kaiku-Id';
const WAIT_MS = 1000;

export class Broker {
  readonly #sites: readonly Site[];
  readonly #mends: boolean;
  readonly #origin = randomBytes(6).toString('base64url');
  #messages = 0;
  readonly #waiting = new Set<() => void>();
  #turn = 0;

  private constructor({ url, more = [], mends = true, ...options }: BrokerOptions) {
    this.#mends = mends;
    const wake = (): void => {
      for (const act of this.#waiting) act();
    };
    this.#sites = [url, ...more].map((each) => new Site({ ...options, url: each, wake, onChange: wake }));
  }

  /** Connects, waiting for the first site for as long as it takes. @throws BrokerError when `signal` ends the wait */
  static async connect(options: BrokerOptions): Promise<Broker> {
    const { signal } = options;
    options.log.info({ url: options.url, more: options.more ?? [] }, 'connecting to the broker');
    const broker = new Broker(options);
    while (!broker.connected) {
      if (signal?.aborted === true) {
        const { trouble } = broker;
        await broker.close();
        throw new BrokerError(`the broker was not reached: ${trouble}`, true);
      }
      await broker.#change(WAIT_MS, signal);
    }
    return broker;
  }

  /** At least one site is there. */
  get connected(): boolean {
    return this.#sites.some((site) => site.connected);
  }

  /** What hurts, for people; empty when nothing does. */
  get trouble(): string {
    return this.#sites
      .filter((site) => site.trouble !== '')
      .map((site) => (this.#sites.length === 1 ? site.trouble : `${site.url}: ${site.trouble}`))
      .join('; ');
  }

  /** Each site, in the order they are tried. */
  get sites(): readonly { readonly url: string; readonly connected: boolean; readonly trouble: string }[] {
    return this.#sites.map(({ url, connected, trouble }) => ({ url, connected, trouble }));
  }

  /** Those to try, best first. @throws BrokerError when none is there */
  #usable(what: string): readonly Site[] {
    const well = this.#sites.filter((site) => site.well);
    const usable = well.length > 0 ? well : this.#sites.filter((site) => site.connected);
    if (usable.length === 0) throw new BrokerError(`${what}: the broker is away`, true);
    return usable;
  }

  /** Runs on every connected site. @throws what the last one said, when it fails everywhere */
  async #everywhere<T>(what: string, run: (site: Site) => Promise<T>): Promise<readonly T[]> {
    const sites = this.#sites.filter((site) => site.connected);
    if (sites.length === 0) throw new BrokerError(`${what}: the broker is away`, true);
    const results = await Promise.allSettled(sites.map(run));
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = results.find((result) => result.status === 'rejected');
    if (done.length === 0 && failed !== undefined) throw asBrokerError(failed.reason, what);
    return done;
  }

  /** Creates the streams where they are missing. Safe to call by everybody at any time. @throws BrokerError */
  async ensureStreams(): Promise<void> {
    await this.#everywhere('streams', (site) => site.ensureStreams());
  }

  /**
   * Publishes into a stream and waits for the server's PubAck: of the first site that gives it. Creates the
   * streams where they are missing and it may.
   * @throws BrokerError, retryable when no site took it in time; for good when the message is too large
   */
  async publishStored(subject: string, bytes: Uint8Array): Promise<void> {
    let failure: unknown;
    for (const site of this.#usable(`publish to ${subject}`)) {
      try {
        await site.publishStored(subject, bytes);
        return;
      } catch (error) {
        failure = error;
        if (!(error instanceof BrokerError && error.retryable)) break;
      }
    }
    throw failure;
  }

  /** Plain message, best effort, to every site that is there. */
  publish(subject: string, bytes: Uint8Array): void {
    this.#messages += 1;
    const id = this.#sites.length > 1 ? { key: ID_HEADER, value: `${this.#origin}${this.#messages}` } : undefined;
    for (const site of this.#sites) site.publish(subject, bytes, id);
  }

  /** Plain subscription at every site; survives reconnects. With `queue`, one of the group gets each message. */
  subscribe(subject: string, handler: MessageHandler, queue?: string): Subscription {
    // Each subscription hears a message once, and several subscriptions may hear the same.
    const seen = this.#sites.length > 1 ? new Seen() : undefined;
    const subscriptions = this.#sites.map((site) =>
      site.subscribe(subject, queue, ({ data, subject: to, headers, respond }) => {
        const id = headers?.get(ID_HEADER);
        if (seen !== undefined && id !== undefined && id !== '' && seen.before(id)) return;
        handler(data, to, respond);
      }),
    );
    return {
      stop: () => {
        for (const subscription of subscriptions) subscription.stop();
      },
    };
  }

  /** Request and one answer, from the first site where somebody listens. @throws BrokerError */
  async request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    let failure: unknown;
    for (const site of this.#usable(`request to ${subject}`)) {
      try {
        return await site.request(subject, bytes, timeoutMs);
      } catch (error) {
        failure = error;
        if (site.connected && !isUnheard(error instanceof Error ? error.cause : undefined)) break;
      }
    }
    throw failure;
  }

  /**
   * Pulls up to `max` messages of a durable consumer, waiting up to `waitMs` for the first. Sites take
   * turns in being first. Stream and consumer are created where they are missing (a wiped broker comes back
   * empty). Messages asked for ahead wait here for the next call, at most 100 or 16 MiB a consumer and site.
   * @throws BrokerError when no site delivers
   */
  async pull(stream: StreamKey, durable: string, max: number, waitMs: number): Promise<readonly Delivery[]> {
    const what = `pull from ${stream}`;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const taken = this.#take(stream, durable, max);
      if (taken.length > 0) return taken;
      this.#throwFailures(what, stream, durable);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return [];
      await this.#change(leftMs);
      // What came in the same packet is handed over together.
      await new Promise((done) => setImmediate(done));
    }
  }

  #take(stream: StreamKey, durable: string, max: number): readonly Delivery[] {
    this.#turn += 1;
    const out: Delivery[] = [];
    for (let index = 0; index < this.#sites.length; index += 1) {
      const site = this.#sites[(this.#turn + index) % this.#sites.length];
      const puller = site?.connected === true ? site.puller(stream, durable) : undefined;
      if (puller !== undefined && out.length < max) out.push(...puller.take(max - out.length));
    }
    return out;
  }

  /** Trouble of one site is the site's; trouble of all is the caller's. */
  #throwFailures(what: string, stream: StreamKey, durable: string): void {
    const sites = this.#sites.filter((site) => site.connected);
    if (sites.length === 0) throw new BrokerError(`${what}: the broker is away`, true);
    const failures = sites.map((site) => site.puller(stream, durable)?.failure());
    const first = failures.find((failure) => failure !== undefined);
    if (first !== undefined && !failures.includes(undefined)) throw asBrokerError(first, what);
  }

  /** Waits until a site has something to say, at most `ms`. */
  async #change(ms: number, until?: AbortSignal): Promise<void> {
    const abort = new AbortController();
    const act = (): void => abort.abort();
    this.#waiting.add(act);
    const signal = until === undefined ? abort.signal : AbortSignal.any([until, abort.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    this.#waiting.delete(act);
  }

  /**
   * Gives up everything pulled and not acknowledged, by this process or a predecessor of the same name, and has it
   * delivered again now. For a start, or a new beginning, before the next pull.
   * @throws BrokerError
   */
  async redeliver(stream: StreamKey, durable: string): Promise<void> {
    await this.#everywhere('redelivery', (site) => site.redeliver(stream, durable));
  }

  /**
   * Messages a durable consumer has still to deliver or acknowledge, at the sites that are there; undefined
   * when there is no such consumer.
   * @throws BrokerError
   */
  async consumerLag(stream: StreamKey, durable: string): Promise<number | undefined> {
    const lags = await this.#everywhere('lag', (site) => site.consumerLag(stream, durable));
    const known = lags.filter((lag) => lag !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0);
  }

  /** Opens a key-value bucket at the first site that answers, creating it where it is missing. @throws BrokerError */
  async bucket(name: string, history = 1): Promise<Bucket> {
    const usable = (): readonly Site[] => this.#usable(`bucket ${name}`);
    return openSiteBucket({ name, history, sites: this.#sites, mends: this.#mends, usable });
  }

  /** Round-trip to the first site that answers, ms. @throws BrokerError */
  async ping(): Promise<number> {
    const [site] = this.#usable('ping');
    if (site === undefined) throw new BrokerError('ping: the broker is away', true);
    return site.ping();
  }

  /** Flushes what is on its way and closes. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#sites.map((site) => site.close()));
    for (const act of this.#waiting) act();
  }
}
