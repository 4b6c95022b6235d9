/**
 * Informs between their arrival and their acknowledgement. A sender that hears nothing repeats itself: while the event is on
 * its way to the disk that changes nothing, afterwards it is answered again. Never two events of one inform, never an answer
 * before the disk has it. What was answered is remembered for minutes, not for ever: a device that starts again may begin with
 * the same request id and the same words. Pure: `nowMs` is monotonic.
 */

export interface WaitingInform {
  /** Who sent it, and what tells it from his others. */
  readonly key: string;
  readonly source: string;
  /** Sends the acknowledgement. */
  readonly answer: () => void;
}

/** Acknowledged ones remembered, for senders whose answer got lost. */
const MOST_ANSWERED = 2000;
/** Senders repeat themselves for seconds, the patient ones for a minute or two; a start of a device takes about as long. */
const REMEMBERED_MS = 120_000;

export class Informs {
  readonly #waiting = new Map<number, WaitingInform>();
  readonly #keys = new Set<string>();
  /** When each was answered first. */
  readonly #answered = new Map<string, number>();
  #lastId = 0;

  /** `new`: record it. `waiting`: it is being recorded. `answered`: it was; it is answered once more. */
  stateOf({ key, answer }: WaitingInform, nowMs: number): 'new' | 'waiting' | 'answered' {
    if (this.#keys.has(key)) return 'waiting';
    const answeredMs = this.#answered.get(key);
    if (answeredMs === undefined || nowMs - answeredMs > REMEMBERED_MS) return 'new';
    answer();
    return 'answered';
  }

  /** The id under which its event travels. */
  open(inform: WaitingInform): number {
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, inform);
    this.#keys.add(inform.key);
    return this.#lastId;
  }

  /** The event is on the disk. */
  sealed(id: number, nowMs: number): WaitingInform | undefined {
    const inform = this.drop(id);
    if (inform === undefined) return undefined;
    this.#answered.delete(inform.key);
    this.#answered.set(inform.key, nowMs);
    if (this.#answered.size > MOST_ANSWERED) {
      const [oldest] = this.#answered.keys();
      if (oldest !== undefined) this.#answered.delete(oldest);
    }
    inform.answer();
    return inform;
  }

  /** The event is lost, or was never under way: the sender hears nothing and may try again. */
  drop(id: number): WaitingInform | undefined {
    const inform = this.#waiting.get(id);
    if (inform === undefined) return undefined;
    this.#waiting.delete(id);
    this.#keys.delete(inform.key);
    return inform;
  }
}
