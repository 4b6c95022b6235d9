/**
 * Events on their way from the listening thread to the agent, in batches. Bounded twice: so many may be under way, not yet
 * sealed, and so many may wait for that. What comes on top is refused. Pure.
 */
import type { HeardEvent } from './messages.ts';

/** Fewer than the collector takes, so that only a disk that refuses loses any. */
const MOST_UNDER_WAY = 3000;
const MOST_WAITING = 4000;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const BATCH = 500;

export class Outbox {
  readonly #post: (events: readonly HeardEvent[]) => void;
  #waiting: HeardEvent[] = [];
  #bytes = 0;
  #underWay = 0;

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
    while (this.#waiting.length > 0 && this.#underWay < MOST_UNDER_WAY) {
      const batch = this.#waiting.slice(0, Math.min(BATCH, MOST_UNDER_WAY - this.#underWay));
      this.#waiting = this.#waiting.slice(batch.length);
      for (const event of batch) this.#bytes -= weightOf(event);
      this.#underWay += batch.length;
      this.#post(batch);
    }
  }

  settled(count: number): void {
    this.#underWay = Math.max(this.#underWay - count, 0);
    this.flush();
  }
}

/** Roughly what an event costs in memory. */
function weightOf({ raw, message }: HeardEvent): number {
  return 500 + 3 * raw.length + message.length;
}
