/**
 * When something was down: a sorted list of intervals that tests may add to while it runs. `upTime`
 * is a clock that stands still while it is down, so what counts by it freezes and goes on without a
 * jump. Times are ms since 1970.
 */

interface Down {
  readonly fromMs: number;
  toMs: number;
  /** Down time of all intervals before this one. */
  readonly beforeMs: number;
}

export type Interval = readonly [fromMs: number, toMs: number];

export class Timeline {
  readonly #downs: Down[] = [];

  /** @param intervals ascending and disjoint */
  constructor(intervals: readonly Interval[] = []) {
    for (const [fromMs, toMs] of intervals) this.#push(fromMs, toMs);
  }

  #push(fromMs: number, toMs: number): void {
    const last = this.#downs.at(-1);
    if (last !== undefined && fromMs < last.toMs) throw new RangeError('intervals must be ascending and disjoint');
    const beforeMs = last === undefined ? 0 : last.beforeMs + last.toMs - last.fromMs;
    this.#downs.push({ fromMs, toMs, beforeMs });
  }

  /** Down from now on, until `setUp`. What was planned for later is forgotten. */
  setDown(atMs: number): void {
    if (this.isDown(atMs)) {
      const last = this.#downAt(atMs);
      if (last !== undefined) last.toMs = Number.POSITIVE_INFINITY;
    }
    this.#dropAfter(atMs);
    if (!this.isDown(atMs)) this.#push(atMs, Number.POSITIVE_INFINITY);
  }

  /** Up from now on. What was planned for later stays. */
  setUp(atMs: number): void {
    const down = this.#downAt(atMs);
    if (down === undefined || atMs >= down.toMs) return;
    down.toMs = atMs;
    const later = this.#downs.splice(this.#downs.indexOf(down) + 1);
    for (const { fromMs, toMs } of later) this.#push(fromMs, toMs);
  }

  isDown(atMs: number): boolean {
    const down = this.#downAt(atMs);
    return down !== undefined && atMs < down.toMs;
  }

  /** Time of the last change of state at or before `atMs`; undefined before the first. */
  lastChange(atMs: number): number | undefined {
    const down = this.#downAt(atMs);
    if (down === undefined) return undefined;
    return atMs < down.toMs ? down.fromMs : down.toMs;
  }

  /** `atMs` less all time spent down until then. */
  upTime(atMs: number): number {
    const down = this.#downAt(atMs);
    return down === undefined ? atMs : atMs - down.beforeMs - (Math.min(atMs, down.toMs) - down.fromMs);
  }

  /** The last interval that began at or before `atMs`. */
  #downAt(atMs: number): Down | undefined {
    let low = 0;
    let high = this.#downs.length - 1;
    let found: Down | undefined;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const down = this.#downs[middle];
      if (down === undefined || down.fromMs > atMs) high = middle - 1;
      else {
        found = down;
        low = middle + 1;
      }
    }
    return found;
  }

  #dropAfter(atMs: number): void {
    while ((this.#downs.at(-1)?.fromMs ?? Number.NEGATIVE_INFINITY) > atMs) this.#downs.pop();
  }
}
