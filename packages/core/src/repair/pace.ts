/** A token bucket: bytes a second with one second's burst. Pure; time is passed in. */
export class Pace {
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#atMs = nowMs;
  }

  /** Milliseconds until something may be sent; 0: now. A debt from one large batch is paid first. */
  waitMs(nowMs: number): number {
    const elapsed = Math.max(nowMs - this.#atMs, 0);
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (elapsed * this.#perSecond) / 1000);
    this.#atMs = nowMs;
    return this.#tokens > 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#perSecond) + 1;
  }

  spend(bytes: number): void {
    this.#tokens -= bytes;
  }
}
