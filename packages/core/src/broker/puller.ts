/**
 * Pulls one durable consumer of one stream ahead of its reader, a bounded step.
 *
 * One request for messages stands open at the broker; what arrives is handed over at once, and what
 * arrives while nobody asks stays here for the next call. (A request that was closed early would lose
 * what is on its way until the broker delivers it again, a minute later.) Nothing is asked for while
 * messages lie here unread: not reading is the back-pressure. What lay longer than FRESH_MS is dropped,
 * because the broker is about to deliver it again.
 */
import type { Consumer, ConsumerMessages, JetStreamClient, JsMsg } from '@nats-io/jetstream';
import type { Delivery } from './messages.ts';

/** Open requests end by themselves after this long and are replaced by the next pull. */
const EXPIRES_MS = 10_000;
/** Bytes one request should bring at most, by the size of recent messages; a request counts messages. */
const REQUEST_BYTES = 16 * 1024 * 1024;
const REQUEST_MESSAGES = { least: 4, most: 100 } as const;
/** Before anything is known of their size. */
const EXPECTED_BYTES = 256 * 1024;
/** Safely below the time after which the broker delivers again (60 s). */
const FRESH_MS = 45_000;

interface Arrived {
  readonly delivery: Delivery;
  readonly atMs: number;
}

function toDelivery(message: JsMsg): Delivery {
  return {
    subject: message.subject,
    bytes: message.data,
    pending: message.info.pending,
    deliveryCount: message.info.deliveryCount,
    ack: () => message.ack(),
    retry: (afterMs) => message.nak(afterMs),
  };
}

export class Puller {
  readonly #js: JetStreamClient;
  readonly #stream: string;
  readonly #durable: string;
  #consumer: Consumer | undefined;
  #open: ConsumerMessages | undefined;
  #arrived: Arrived[] = [];
  /** Decaying maximum of recent sizes. */
  #messageBytes = EXPECTED_BYTES;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(js: JetStreamClient, stream: string, durable: string) {
    this.#js = js;
    this.#stream = stream;
    this.#durable = durable;
  }

  /**
   * Up to `max` messages: those here already, else the first that arrive within `waitMs`, else none.
   * @throws whatever ended the request at the broker (no such stream or consumer, connection closed)
   */
  async take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    this.#dropStale();
    if (this.#arrived.length === 0) {
      this.#throwFailure();
      await this.#request();
      if (this.#arrived.length === 0 && waitMs > 0) await this.#arrival(waitMs);
      if (this.#arrived.length === 0) this.#throwFailure();
    }
    const taken = this.#arrived.splice(0, max).map(({ delivery }) => delivery);
    // Ask ahead, so that the next messages travel while these are worked on.
    if (taken.length > 0 && this.#arrived.length === 0 && this.#failure === undefined) await this.#request();
    return taken;
  }

  stop(): void {
    this.#open?.stop();
  }

  async #request(): Promise<void> {
    if (this.#open !== undefined) return;
    this.#consumer ??= await this.#js.consumers.get(this.#stream, this.#durable);
    const fitting = Math.floor(REQUEST_BYTES / this.#messageBytes);
    const open = await this.#consumer.fetch({
      max_messages: Math.min(REQUEST_MESSAGES.most, Math.max(REQUEST_MESSAGES.least, fitting)),
      expires: EXPIRES_MS,
    });
    this.#open = open;
    void this.#follow(open);
  }

  async #follow(open: ConsumerMessages): Promise<void> {
    try {
      for await (const message of open) {
        this.#messageBytes = Math.max(message.data.length, this.#messageBytes * 0.98, 1);
        this.#arrived.push({ delivery: toDelivery(message), atMs: performance.now() });
        this.#wake?.();
      }
    } catch (error) {
      this.#failure = error;
      this.#consumer = undefined;
    } finally {
      if (this.#open === open) this.#open = undefined;
      this.#wake?.();
    }
  }

  async #arrival(waitMs: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        // What came in the same packet is handed over together.
        setImmediate(done);
      };
    });
    this.#wake = undefined;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #dropStale(): void {
    const oldest = performance.now() - FRESH_MS;
    if ((this.#arrived[0]?.atMs ?? Infinity) < oldest) {
      this.#arrived = this.#arrived.filter(({ atMs }) => atMs >= oldest);
    }
  }
}
