/**
 * The one way by which a process' batches leave it: every lane (live, backlog, replay) publishes through its uplink, which
 * bounds what is on its way in bytes, so that a slow line is not flooded, and pauses the lower lanes after failures.
 *
 * ```
 *  live ──────┐
 *  backlog ───┼─▶ uplink ─▶ broker.publishStored
 *  replay ────┘
 * ```
 *
 * A batch counts as sent only with the broker's PubAck. Never throws: every failure is an outcome.
 */
import { BUNDLE_LIMITS } from '@kaiku/protocol';
import { BrokerError } from '../errors.ts';
import type { Metrics } from '../report/metrics.ts';
import type { Log } from '../run/log.ts';
import { SendWindow } from './send-window.ts';

/**
 * `away`: no connection, or it broke. `late`: it may have arrived, nobody said so. `failed`: the broker could not take it.
 * `refused`: the broker never will.
 */
export type SendOutcome = 'done' | 'away' | 'late' | 'failed' | 'refused';

/** What of the broker an uplink uses. */
export interface UplinkBroker {
  readonly connected: boolean;
  publishStored(subject: string, bytes: Uint8Array): Promise<void>;
}

/** A failure that took longer is silence, not a refusal: the batch may have arrived. */
const LATE_MS = 1000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** Share of the window the lower lanes may fill, so that a live batch finds room. */
const LOWER_SHARE = 0.5;
/** A bundle takes at most this share of the window: several are on their way, and a live batch waits for one at most. */
const BUNDLE_SHARE = 1 / 8;

export interface UplinkOptions {
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  /** Monotonic time, ms. Replaced in tests. */
  readonly now?: () => number;
}

export class Uplink {
  readonly #log: Log;
  readonly #metrics: Metrics | undefined;
  readonly #now: () => number;
  readonly #window = new SendWindow();
  #broker: UplinkBroker | undefined;
  #failures = 0;
  #pausedUntilMs = -Infinity;
  #refusal = '';

  constructor({ log, metrics, now = () => performance.now() }: UplinkOptions) {
    this.#log = log;
    this.#metrics = metrics;
    this.#now = now;
  }

  attach(broker: UplinkBroker): void {
    this.#broker = broker;
  }

  get usable(): boolean {
    return this.#broker?.connected === true;
  }

  /** Why the broker last refused a batch for good; empty when it never did. */
  get refusal(): string {
    return this.#refusal;
  }

  roomForLive(bytes: number): boolean {
    return this.usable && this.#window.room(bytes);
  }

  /** How long the lower lanes should wait before they send more, ms; 0: not at all, Infinity: until something ended. */
  lowerWaitMs(): number {
    if (!this.usable) return Infinity;
    const pause = this.#pausedUntilMs - this.#now();
    if (pause > 0) return pause;
    return this.#window.room(0, LOWER_SHARE) ? 0 : Infinity;
  }

  /** How large a bundle may be at present: as much as the line takes quickly. May be less than one batch. */
  get bundleBytes(): number {
    return Math.min(BUNDLE_LIMITS.fillBytes, this.#window.limit * BUNDLE_SHARE);
  }

  async send(subject: string, bytes: Uint8Array): Promise<SendOutcome> {
    const broker = this.#broker;
    if (broker?.connected !== true) return 'away';
    const flight = this.#window.begin(bytes.length, this.#now());
    try {
      await broker.publishStored(subject, bytes);
      this.#window.end(flight, 'done', this.#now());
      this.#failures = 0;
      this.#pausedUntilMs = -Infinity;
      return 'done';
    } catch (error) {
      const outcome = this.#judge(error, flight.startedMs);
      this.#window.end(flight, outcome === 'late' ? 'late' : 'failed', this.#now());
      this.#metrics?.add('publishFailures');
      if (outcome === 'refused') {
        this.#refusal = `${bytes.length} bytes, ${error instanceof Error ? error.message : String(error)}`;
        this.#log.error({ err: error, bytes: bytes.length }, 'the broker refuses a batch; it is kept');
      } else this.#log.debug({ err: error, subject }, 'publish failed');
      if (outcome === 'late' || outcome === 'failed') this.#pause();
      return outcome;
    }
  }

  #judge(error: unknown, startedMs: number): Exclude<SendOutcome, 'done'> {
    if (error instanceof BrokerError && !error.retryable) return 'refused';
    if (!this.usable) return 'away';
    return this.#now() - startedMs >= LATE_MS ? 'late' : 'failed';
  }

  /** What was on its way together fails together: that is one failure. */
  #pause(): void {
    if (this.#now() < this.#pausedUntilMs) return;
    this.#failures += 1;
    this.#pausedUntilMs = this.#now() + Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), MAX_PAUSE_MS);
  }
}
