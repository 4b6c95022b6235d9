/**
 * May this instance speak under its name, and how wrong is its clock? Pure: what an answer, or its absence, changes.
 *
 * ```
 *  asking ──granted──▶ speaking ──refused──▶ fenced ──granted──▶ speaking
 *    └────nobody answers────▲   └──nobody answers: as before──┘
 * ```
 */
import type { ClaimAnswer } from '@kaiku/protocol';

/** `asking`: since the start nobody has answered yet, and the first question is still open. */
export type ClaimState = 'asking' | 'speaking' | 'fenced';
export type ClaimEvent = 'granted' | 'refused' | 'unanswered';

const NEXT: Record<ClaimState, Record<ClaimEvent, ClaimState>> = {
  asking: { granted: 'speaking', refused: 'fenced', unanswered: 'speaking' },
  speaking: { granted: 'speaking', refused: 'fenced', unanswered: 'speaking' },
  fenced: { granted: 'speaking', refused: 'fenced', unanswered: 'fenced' },
};

export function nextClaimState(state: ClaimState, event: ClaimEvent): ClaimState {
  return NEXT[state][event];
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
