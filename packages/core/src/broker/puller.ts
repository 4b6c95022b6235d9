/**
 * Pulls one durable consumer of one site ahead of its reader, a bounded step, and heals itself.
 *
 * One request for messages stands open at the broker; what arrives waits here for the next `take`. (A request
 * closed early would lose what is on its way until the broker delivers it again.) Nothing is asked for while
 * messages lie here unread: not reading is the back-pressure.
 *
 * Everything that arrived and is neither acknowledged nor given back is said to be in work every few
 * seconds. So the broker may deliver again after 10 s what a killed broker or reader lost, while a slow store may
 * take minutes. A consumer or stream that is missing is created. One that has messages and delivers none for
 * `stuckMs` gets a new request, and if that does not help, is itself made anew.
 */
import type { Consumer, ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { STREAMS } from '@kaiku/protocol';
import type { Log } from '../run/log.ts';
import { isMissing } from './failure.ts';
import type { Delivery } from './messages.ts';
import {
  ACK_WAIT_MS,
  addConsumer,
  currentConsumer,
  MAX_ACK_PENDING,
  renewConsumer,
  type StreamKey,
} from './streams.ts';

/** Open requests end by themselves after this long and are replaced by the next one. */
const EXPIRES_MS = 10_000;
/** Bytes one request should bring at most, by the size of recent messages; a request counts messages. */
const REQUEST_BYTES = 16 * 1024 * 1024;
const REQUEST_MESSAGES = { least: 4, most: 100 } as const;
/** Before anything is known of their size. */
const EXPECTED_BYTES = 256 * 1024;
/** Three chances before the broker delivers again. */
const IN_WORK_MS = ACK_WAIT_MS / 4;
const RETRY_MS = 250;

export interface PullerSite {
  readonly js: JetStreamClient;
  readonly log: Log;
  /** A consumer that has messages and delivers none for this long is looked after. */
  readonly stuckMs: number;
  manager(): Promise<JetStreamManager>;
  ensureStream(): Promise<void>;
  /** Something arrived or went wrong: whoever waits should look. */
  wake(): void;
}

export class Puller {
  readonly #site: PullerSite;
  readonly #key: StreamKey;
  readonly #durable: string;
  #consumer: Consumer | undefined;
  #open: ConsumerMessages | undefined;
  #asking = false;
  #arrived: JsMsg[] = [];
  /** Arrived, and neither acknowledged nor given back. */
  readonly #held = new Set<JsMsg>();
  /** Decaying maximum of recent sizes. */
  #messageBytes = EXPECTED_BYTES;
  #failure: unknown;
  #pauseUntilMs = 0;
  #quietSinceMs = performance.now();
  #remedies = 0;
  #looking = false;
  #inWork: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(site: PullerSite, key: StreamKey, durable: string) {
    this.#site = site;
    this.#key = key;
    this.#durable = durable;
  }

  get waiting(): number {
    return this.#arrived.length;
  }

  /** Up to `max` messages of those here already. Has more asked for in the background. */
  take(max: number): readonly Delivery[] {
    const taken = this.#arrived.splice(0, max).map((message) => this.#toDelivery(message));
    // Ask ahead, so that the next messages travel while these are worked on.
    if (this.#arrived.length === 0) void this.#ask();
    return taken;
  }

  /** What went wrong since the last call. */
  failure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Forgets what is here and what was handed out: no longer in work, so the broker delivers it again. */
  release(): void {
    this.#held.clear();
    this.#arrived = [];
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#inWork);
    this.#open?.stop();
    this.release();
  }

  #toDelivery(message: JsMsg): Delivery {
    return {
      subject: message.subject,
      bytes: message.data,
      pending: message.info.pending,
      deliveryCount: message.info.deliveryCount,
      ack: () => {
        if (this.#held.delete(message)) message.ack();
      },
      retry: (afterMs) => {
        if (this.#held.delete(message)) message.nak(afterMs);
      },
    };
  }

  async #ask(): Promise<void> {
    if (this.#open !== undefined) {
      void this.#lookAfter();
      return;
    }
    if (this.#asking || this.#stopped || performance.now() < this.#pauseUntilMs) return;
    this.#asking = true;
    try {
      this.#consumer ??= await this.#findConsumer();
      const fitting = Math.floor(REQUEST_BYTES / this.#messageBytes);
      const open = await this.#consumer.fetch({
        max_messages: Math.min(REQUEST_MESSAGES.most, Math.max(REQUEST_MESSAGES.least, fitting)),
        expires: EXPIRES_MS,
      });
      this.#open = open;
      void this.#follow(open);
      this.#inWork ??= setInterval(() => this.#sayInWork(), IN_WORK_MS).unref();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#asking = false;
    }
  }

  async #findConsumer(): Promise<Consumer> {
    const manager = await this.#site.manager();
    try {
      await currentConsumer(manager, this.#key, this.#durable);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#site.ensureStream();
      await addConsumer(manager, this.#key, this.#durable);
    }
    return this.#site.js.consumers.get(STREAMS[this.#key].name, this.#durable);
  }

  async #follow(open: ConsumerMessages): Promise<void> {
    try {
      for await (const message of open) {
        this.#messageBytes = Math.max(message.data.length, this.#messageBytes * 0.98, 1);
        this.#arrived.push(message);
        this.#held.add(message);
        this.#quietSinceMs = performance.now();
        this.#remedies = 0;
        this.#site.wake();
      }
    } catch (error) {
      // A consumer or stream that vanished is no failure: the next request makes it again.
      this.#consumer = undefined;
      if (!isMissing(error)) this.#fail(error);
    } finally {
      if (this.#open === open) this.#open = undefined;
      this.#site.wake();
    }
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#consumer = undefined;
    this.#pauseUntilMs = performance.now() + RETRY_MS;
    this.#site.wake();
  }

  #sayInWork(): void {
    try {
      for (const message of this.#held) message.working();
    } catch {
      // The connection is closed or closing: said again, or delivered again.
    }
  }

  /** Called while a request is open and nothing is here. */
  async #lookAfter(): Promise<void> {
    const quietMs = performance.now() - this.#quietSinceMs;
    if (this.#looking || quietMs < this.#site.stuckMs || this.#stopped) return;
    this.#looking = true;
    const { log } = this.#site;
    const at = { stream: this.#key, durable: this.#durable };
    try {
      const manager = await this.#site.manager();
      const info = await currentConsumer(manager, this.#key, this.#durable);
      const due = info.num_pending > 0 && info.num_ack_pending < MAX_ACK_PENDING;
      const lost = info.num_ack_pending > this.#held.size;
      this.#quietSinceMs = performance.now();
      if (!due && !lost) {
        this.#remedies = 0;
        return;
      }
      this.#remedies += 1;
      log.warn(
        { ...at, pending: info.num_pending, remedies: this.#remedies },
        'a consumer delivers nothing; asking anew',
      );
      if (this.#remedies > 1) await renewConsumer(manager, this.#key, this.#durable);
      this.#reset();
    } catch (error) {
      if (isMissing(error)) this.#reset();
      else log.debug({ ...at, err: error }, 'a quiet consumer could not be looked after');
    } finally {
      this.#looking = false;
    }
  }

  #reset(): void {
    this.#open?.stop();
    this.#open = undefined;
    this.#consumer = undefined;
  }
}
