/**
 * Events on their way from the listening thread to the agent, in batches. Bounded twice: so many may be under way, not yet
 * sealed, and so many may wait for that. What comes on top is refused. Pure.
 */
import type { HeardEvent } from './messages.ts';

/** Fewer and less than the collector takes (event-list.ts), so that only a disk that refuses loses any. */
const MOST_UNDER_WAY = 3000;
const MOST_UNDER_WAY_BYTES = 8 * 1024 * 1024;
const MOST_WAITING = 4000;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const BATCH = 500;

export class Outbox {
  readonly #post: (events: readonly HeardEvent[]) => void;
  #waiting: HeardEvent[] = [];
  #bytes = 0;
  /** What each of those under way weighs, in their order: they are settled in it, but for those that are refused. */
  #underWay: number[] = [];
  #underWayBytes = 0;

  constructor(post: (events: readonly HeardEvent[]) => void) {
    this.#post = post;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#waiting.length >= MOST_WAITING || this.#bytes >= MOST_WAITING_BYTES;
  }

  /** False when there is no room. @param always for the few that report what was refused */
  add(event: HeardEvent, always = false): boolean {
    if (this.full && !always) return false;
    this.#waiting.push(event);
    this.#bytes += weightOf(event);
    return true;
  }

  /** Sends what may be sent. Called every few milliseconds. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      if (batch.length === 0) return;
      this.#waiting = this.#waiting.slice(batch.length);
      this.#post(batch);
    }
  }

  settled(count: number): void {
    for (const weight of this.#underWay.splice(0, count)) this.#underWayBytes -= weight;
    this.flush();
  }

  /** As many as may go now; they count as under way. */
  #next(): readonly HeardEvent[] {
    const batch: HeardEvent[] = [];
    for (const event of this.#waiting) {
      const full = this.#underWay.length >= MOST_UNDER_WAY || this.#underWayBytes >= MOST_UNDER_WAY_BYTES;
      if (full || batch.length === BATCH) break;
      const weight = weightOf(event);
      this.#bytes -= weight;
      this.#underWay.push(weight);
      this.#underWayBytes += weight;
      batch.push(event);
    }
    return batch;
  }
}

/** Roughly what an event costs in memory. */
function weightOf({ raw, message }: HeardEvent): number {
  return 500 + 3 * raw.length + message.length;
}
