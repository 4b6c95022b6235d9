/**
 * A device's load budget: at most so many requests a second, a few at once after a rest (GCRA, the leaky bucket as a
 * clock). Pure: time is passed in.
 */
export class Pace {
  readonly #everyMs: number;
  readonly #slackMs: number;
  #nextMs = -Infinity;

  /** @param burst requests that may follow each other at once */
  constructor(perSecond: number, burst: number) {
    this.#everyMs = 1000 / perSecond;
    this.#slackMs = this.#everyMs * (burst - 1);
  }

  /** How long a request booked now would have to wait, ms. */
  waitMs(nowMs: number): number {
    return Math.max(this.#nextMs - this.#slackMs - nowMs, 0);
  }

  /** Books a request and answers how long it must wait, ms. */
  book(nowMs: number): number {
    const waitMs = this.waitMs(nowMs);
    this.#nextMs = Math.max(this.#nextMs, nowMs) + this.#everyMs;
    return waitMs;
  }
}
