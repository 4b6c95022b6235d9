// @ts-check
/**
 * How far the wall clock, which the kernel stamps by, is from the steady clock. Both are steered alike, so the distance changes only
 * when the wall clock is set: of many comparisons the one that took the least time between two readings is the best, and
 * stands until another contradicts it. Pure.
 */

/** Beyond what the readings leave open: the wall clock was set. ms */
const SLACK_MS = 0.001;

export class WallOffset {
  /** Wall clock minus steady clock, ms. */
  offsetMs = Number.NaN;
  #gapMs = Infinity;

  /**
   * A comparison: steady clock, wall clock, steady clock.
   * @param {number} beforeMs
   * @param {number} wallMs
   * @param {number} afterMs
   */
  compare(beforeMs, wallMs, afterMs) {
    const gapMs = afterMs - beforeMs;
    const offsetMs = wallMs - (beforeMs + afterMs) / 2;
    const set = Math.abs(offsetMs - this.offsetMs) > (gapMs + this.#gapMs) / 2 + SLACK_MS;
    if (!set && gapMs >= this.#gapMs) return;
    this.offsetMs = offsetMs;
    this.#gapMs = gapMs;
  }

  /** A stamp on the steady clock. @param {number} wallMs */
  steady(wallMs) {
    return wallMs - this.offsetMs;
  }
}
