/**
 * Which time may be believed when something is to be deleted for its age. A wall clock may jump by a year; the
 * age of days must not. So trusted time goes on with the machine's uptime, follows the clock while the two
 * agree, and follows a clock that jumped ahead only when somebody else's clock confirms it or it has stayed there for
 * a day of uptime. It never goes back. Pure but for the clocks handed in.
 */
const MOST_DRIFT_MS = 3600_000;
const PATIENCE_MS = 24 * 3600_000;

export interface Clocks {
  /** Wall clock, ms since 1970. */
  readonly nowMs: number;
  /** Never jumps; begins anywhere. */
  readonly uptimeMs: number;
  /** This clock's offset to the centre's, ms; null when nobody told. */
  readonly offsetMs: number | null;
}

export class TrustedTime {
  #ms: number;
  #atUptimeMs: number;
  /** Uptime since which the clock has been ahead of what is trusted. */
  #aheadSince: number | undefined;

  /** @param lastMs trusted time as it was last written down; undefined for a buffer that never had any */
  constructor(lastMs: number | undefined, { nowMs, uptimeMs }: Clocks) {
    this.#ms = lastMs ?? nowMs;
    this.#atUptimeMs = uptimeMs;
  }

  /** ms since 1970. */
  get ms(): number {
    return this.#ms;
  }

  advance({ nowMs, uptimeMs, offsetMs }: Clocks): number {
    const expected = this.#ms + Math.max(0, uptimeMs - this.#atUptimeMs);
    this.#atUptimeMs = uptimeMs;
    const confirmed = offsetMs !== null && Math.abs(offsetMs) < MOST_DRIFT_MS;
    if (nowMs - expected <= MOST_DRIFT_MS || confirmed) {
      this.#aheadSince = undefined;
      // A clock behind what is trusted (it jumped back, or had jumped ahead before) holds trusted time still.
      this.#ms = Math.max(this.#ms, nowMs);
      return this.#ms;
    }
    this.#aheadSince ??= uptimeMs;
    if (uptimeMs - this.#aheadSince >= PATIENCE_MS) {
      this.#aheadSince = undefined;
      this.#ms = nowMs;
    } else this.#ms = expected;
    return this.#ms;
  }
}
