/**
 * How long to wait for an answer over one connection, by what is on its way and how fast the link has
 * proved to be: 64 kbit/s take half a minute for what a local network takes in a millisecond, and a black
 * hole must still be noticed soon. So patience beyond `firstMs` is only had with a link that made others wait
 * in vain before. Pure: times are passed in.
 */

/** Of a link nothing is known of: 64 kbit/s. */
const FIRST_BYTES_PER_MS = 8;
const LEAST_BYTES_PER_MS = 1;
/** What is on its way may take this many times what the measured rate says. */
const LENIENCY = 3;
/** The longest allowance is this many times the first. */
const MOST_TIMES = 4;
/** Smaller answers say more about distance than about the rate. */
const TELLING_BYTES = 4096;

export class LinkRate {
  readonly #firstMs: number;
  #mostMs: number;
  #bytesPerMs = FIRST_BYTES_PER_MS;
  #outstanding = 0;

  /** @param firstMs the most that is allowed on top of a usual wait, at first */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = firstMs;
  }

  /** Bytes handed over and not yet answered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  sent(bytes: number): void {
    this.#outstanding += bytes;
  }

  /** The answer to `bytes` came after `tookMs`, during which up to `ahead` bytes had gone before it. */
  answered(bytes: number, ahead: number, tookMs: number): void {
    this.#outstanding -= bytes;
    if (bytes + ahead < TELLING_BYTES) return;
    const rate = (bytes + ahead) / Math.max(tookMs, 1);
    this.#bytesPerMs = Math.max(LEAST_BYTES_PER_MS, this.#bytesPerMs * 0.7 + rate * 0.3);
    if (this.#bytesPerMs > FIRST_BYTES_PER_MS) this.#mostMs = this.#firstMs;
  }

  /** No answer came in time, or none will. */
  gaveUp(bytes: number): void {
    this.#outstanding -= bytes;
    this.#bytesPerMs = Math.max(LEAST_BYTES_PER_MS, this.#bytesPerMs * 0.9);
    this.#mostMs = Math.min(this.#mostMs * 1.2, this.#firstMs * MOST_TIMES);
  }

  /** What to allow on top of a usual wait, with `more` bytes about to be sent, ms. */
  allowanceMs(more = 0): number {
    return Math.min(this.#mostMs, ((this.#outstanding + more) * LENIENCY) / this.#bytesPerMs);
  }
}
