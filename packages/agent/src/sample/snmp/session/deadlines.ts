/**
 * One timer for all requests under way. Deadlines are rounded up to ticks and kept by tick, so that setting and lifting
 * one costs the same however many there are; nothing runs while nothing waits.
 *
 * A process that was held up finds answers waiting in its sockets and deadlines passed, and timers run before sockets are
 * read. So deadlines run out after what waits was read, and after a delay only a few ticks at a time: what came in time
 * is not called late.
 */
const TICK_MS = 20;
const TICKS_A_TURN = 3;

export interface Waiting {
  /** Set by `add`. */
  tick: number;
  expire(): void;
}

export class Deadlines {
  readonly #ticks = new Map<number, Set<Waiting>>();
  #timer: NodeJS.Timeout | undefined;
  /** Up to this tick everything has expired. */
  #passed = 0;
  size = 0;

  add(waiting: Waiting, afterMs: number): void {
    const nowTick = Math.floor(performance.now() / TICK_MS);
    if (this.size === 0) this.#passed = nowTick;
    const tick = Math.max(nowTick + 1 + Math.ceil(afterMs / TICK_MS), this.#passed + 1);
    waiting.tick = tick;
    const same = this.#ticks.get(tick);
    if (same === undefined) this.#ticks.set(tick, new Set([waiting]));
    else same.add(waiting);
    this.size += 1;
    this.#timer ??= setInterval(() => setImmediate(() => this.#turn()), TICK_MS);
  }

  delete(waiting: Waiting): void {
    const same = this.#ticks.get(waiting.tick);
    if (same?.delete(waiting) !== true) return;
    this.size -= 1;
    if (same.size === 0) this.#ticks.delete(waiting.tick);
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ticks.clear();
    this.size = 0;
  }

  #turn(): void {
    const nowTick = Math.floor(performance.now() / TICK_MS);
    for (let turns = 0; turns < TICKS_A_TURN && this.#passed < nowTick && this.size > 0; turns += 1) {
      this.#passed += 1;
      const due = this.#ticks.get(this.#passed);
      if (due === undefined) continue;
      this.#ticks.delete(this.#passed);
      this.size -= due.size;
      for (const waiting of due) waiting.expire();
    }
    if (this.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
