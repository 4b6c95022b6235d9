/**
 * How many bytes may be on their way to the broker at once.
 *
 * A slow line (64 kbit/s) queues what is sent into it: acknowledgements come late, pings too, and whoever then sends again
 * makes it worse. So the window is steered by delay: it grows while acknowledgements come promptly and shrinks when they
 * lag behind. Pure; times are passed in.
 */

const FIRST_BYTES = 32 * 1024;
const MIN_BYTES = 16 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
/** Acknowledgements this much later than the quickest are a queue building up. */
const QUEUE_MS = 1000;
/** Of the quickest time seen, the part by which it is forgotten with each acknowledgement. */
const FADE = 1.001;
/** No distance explains more than this: a first look at a line already full must not pass for its best. */
const MAX_QUICKEST_MS = 2000;

export class SendWindow {
  #limit = FIRST_BYTES;
  #inFlight = 0;
  #quickestMs = Infinity;
  #shrunkMs = -Infinity;

  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    return this.#limit;
  }

  /** May `bytes` more be sent, using at most `share` of the window? One batch always may when nothing is on its way. */
  room(bytes: number, share = 1): boolean {
    return this.#inFlight === 0 || this.#inFlight + bytes <= this.#limit * share;
  }

  /** @returns what to hand to `end` */
  begin(bytes: number, nowMs: number): Flight {
    this.#inFlight += bytes;
    return { bytes, startedMs: nowMs };
  }

  end({ bytes, startedMs }: Flight, outcome: 'done' | 'late' | 'failed', nowMs: number): void {
    this.#inFlight -= bytes;
    const tookMs = Math.max(nowMs - startedMs, 1);
    if (outcome === 'failed') return;
    if (outcome === 'late') {
      this.#shrink(0.5, startedMs, nowMs);
      return;
    }
    this.#quickestMs = Math.min(this.#quickestMs * FADE, tookMs, MAX_QUICKEST_MS);
    const queuedMs = tookMs - this.#quickestMs;
    if (queuedMs < QUEUE_MS) this.#limit = Math.min(this.#limit + bytes, MAX_BYTES);
    else if (queuedMs > 2 * QUEUE_MS) this.#shrink(0.7, startedMs, nowMs);
  }

  /** Once for all that was on its way together: they saw the same queue. */
  #shrink(to: number, startedMs: number, nowMs: number): void {
    if (startedMs < this.#shrunkMs) return;
    this.#shrunkMs = nowMs;
    this.#limit = Math.max(this.#limit * to, MIN_BYTES);
  }
}

export interface Flight {
  readonly bytes: number;
  readonly startedMs: number;
}
