/**
 * How long to wait for a device: its smoothed response time and variation (RFC 6298), between a floor that
 * forgives a busy device and a ceiling for those never heard. So a fast device that falls silent is known to
 * be silent within about two seconds, and a slow one is not called silent for being slow. Pure.
 */
const FIRST_MS = 2000;
const LEAST_MS = 500;
const MOST_MS = 3000;
const GAIN = 1 / 8;
const VARIATION_GAIN = 1 / 4;
/** Each further try waits this much longer. */
export const TRY_BACKOFF = 1.5;
/** A first request and two more. */
export const TRIES = 3;

export class Patience {
  #smoothedMs: number | undefined;
  #variationMs = 0;

  observe(rttMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = rttMs;
      this.#variationMs = rttMs / 2;
      return;
    }
    this.#variationMs += VARIATION_GAIN * (Math.abs(this.#smoothedMs - rttMs) - this.#variationMs);
    this.#smoothedMs += GAIN * (rttMs - this.#smoothedMs);
  }

  /** Time to wait for an answer, ms. */
  get timeoutMs(): number {
    if (this.#smoothedMs === undefined) return FIRST_MS;
    return Math.min(Math.max(this.#smoothedMs + 4 * this.#variationMs, LEAST_MS), MOST_MS);
  }
}
