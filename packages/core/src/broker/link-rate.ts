/**
 * How long to wait for an answer over one connection, by what is on its way and how fast the link has
 * proved to be: 64 kbit/s take half a minute for what a local network takes in a millisecond, and a black
 * hole must still be noticed soon. Pure: times are passed in.
 */

/** Of a link nothing is known of: 64 kbit/s. */
const FIRST_BYTES_PER_MS = 8;
const LEAST_BYTES_PER_MS = 1;
/** What is on its way may take this many times what the measured rate says. */
const LENIENCY = 3;
/** However much is on its way: nobody waits longer than this on top. */
const MOST_MS = 60_000;
/** Smaller answers say more about distance than about the rate. */
const TELLING_BYTES = 4096;

export class LinkRate {
  #bytesPerMs = FIRST_BYTES_PER_MS;
  #outstanding = 0;

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
  }

  /** No answer will come. */
  gaveUp(bytes: number): void {
    this.#outstanding -= bytes;
    this.#bytesPerMs = Math.max(LEAST_BYTES_PER_MS, this.#bytesPerMs * 0.9);
  }

  /** What to allow on top of a usual wait, with `more` bytes about to be sent, ms. */
  allowanceMs(more = 0): number {
    return Math.min(MOST_MS, ((this.#outstanding + more) * LENIENCY) / this.#bytesPerMs);
  }
}
