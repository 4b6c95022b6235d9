// @ts-check
/**
 * What is to be done when: a binary heap over times. An entry that was moved (`dueMs` changed by another `push`) is left behind
 * and passed over when it comes up. Pure.
 * @template {{ dueMs: number }} T
 */
export class DueQueue {
  /** @type {number[]} */
  #times = [];
  /** @type {T[]} */
  #entries = [];

  /** When the next one is due; Infinity when there is none. */
  get nextMs() {
    while (this.#times.length > 0 && this.#entries[0]?.dueMs !== this.#times[0]) this.#drop();
    return this.#times[0] ?? Infinity;
  }

  /**
   * @param {T} entry
   * @param {number} dueMs
   */
  push(entry, dueMs) {
    entry.dueMs = dueMs;
    let at = this.#times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent] <= dueMs) break;
      this.#put(at, this.#times[parent], this.#entries[parent]);
      at = parent;
    }
    this.#put(at, dueMs, entry);
  }

  /** The one due first; undefined when none is due. @param {number} nowMs */
  take(nowMs) {
    if (this.nextMs > nowMs) return undefined;
    const entry = this.#entries[0];
    this.#drop();
    if (entry !== undefined) entry.dueMs = Number.NaN;
    return entry;
  }

  #drop() {
    const time = this.#times.pop();
    const entry = this.#entries.pop();
    const { length } = this.#times;
    if (time === undefined || entry === undefined || length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#time(child + 1) < this.#time(child)) child += 1;
      if (time <= this.#time(child)) break;
      this.#put(at, this.#time(child), this.#entries[child]);
      at = child;
    }
    this.#put(at, time, entry);
  }

  /** @param {number} at */
  #time(at) {
    return this.#times[at];
  }

  /**
   * @param {number} at
   * @param {number} time
   * @param {T} entry
   */
  #put(at, time, entry) {
    this.#times[at] = time;
    this.#entries[at] = entry;
  }
}
