/**
 * May this instance speak under its name, and how wrong is its clock? Pure: what an answer, or its absence, changes.
 *
 * ```
 *  asking ──granted──▶ speaking ──refused──▶ waiting ──the holder lives──▶ fenced ──granted──▶ speaking
 *    └────nobody answers────▲                   └─────granted: it was silent─────▶ speaking
 * ```
 * `waiting` is for a name held by somebody who may be gone: this agent's own former self after its buffer was replaced or
 * restored. What is sealed meanwhile is kept back and, when the holder stays silent until the name is free, leaves.
 */
import type { ClaimAnswer } from '@kaiku/protocol';

/** `asking`: since the start nobody has answered yet, and the first question is still open. */
export type ClaimState = 'asking' | 'speaking' | 'waiting' | 'fenced';
/** `rivalled`: refused, and the holder has renewed its claim since this instance was first refused. */
export type ClaimEvent = 'granted' | 'refused' | 'rivalled' | 'unanswered';

const NEXT: Record<ClaimState, Record<ClaimEvent, ClaimState>> = {
  asking: { granted: 'speaking', refused: 'waiting', rivalled: 'fenced', unanswered: 'speaking' },
  speaking: { granted: 'speaking', refused: 'waiting', rivalled: 'fenced', unanswered: 'speaking' },
  waiting: { granted: 'speaking', refused: 'waiting', rivalled: 'fenced', unanswered: 'waiting' },
  fenced: { granted: 'speaking', refused: 'fenced', rivalled: 'fenced', unanswered: 'fenced' },
};

export function nextClaimState(state: ClaimState, event: ClaimEvent): ClaimState {
  return NEXT[state][event];
}

/** Tells a refusal by a silent holder from one by a living one. */
export class Rival {
  #holder = '';
  #renewedMs = 0;

  judge({ granted, holder, renewedMs }: Pick<ClaimAnswer, 'granted' | 'holder' | 'renewedMs'>): ClaimEvent {
    if (granted) {
      this.#holder = '';
      return 'granted';
    }
    // An older logger does not say: then the holder is taken for alive.
    if (renewedMs === undefined) return 'rivalled';
    const known = this.#holder === holder;
    const renewed = known && renewedMs !== this.#renewedMs;
    if (!known) {
      this.#holder = holder;
      this.#renewedMs = renewedMs;
    }
    return renewed ? 'rivalled' : 'refused';
  }
}

const KEPT = 7;
/** An answer that took longer says little about the clock. */
const MAX_ROUND_TRIP_MS = 2000;

/** One look at the centre's clock. */
interface ClockLook {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** Estimates the centre's clock minus this machine's, as NTP defines an offset: the median of the last few answers. */
export class ClockOffset {
  readonly #looks: ClockLook[] = [];

  /** An answer given at `atMs` (the centre's clock) to a question asked at `askedMs` and answered `roundTripMs` later. */
  note({ atMs }: Pick<ClaimAnswer, 'atMs'>, askedMs: number, roundTripMs: number): void {
    if (roundTripMs > MAX_ROUND_TRIP_MS) return;
    this.#looks.push({ offsetMs: atMs - (askedMs + roundTripMs / 2), roundTripMs });
    if (this.#looks.length > KEPT) this.#looks.shift();
  }

  /** ms, negative when this clock is ahead; null when nobody told. */
  get offsetMs(): number | null {
    const sorted = this.#looks.map((look) => look.offsetMs).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  /** The clock was set: what was learned before is void. */
  reset(): void {
    this.#looks.length = 0;
  }
}
