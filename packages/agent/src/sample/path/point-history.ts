/** What a point of a path has done lately: loss over a few bursts, so that chance does not blame, and its usual round trip. Pure. */
import type { PointFigures } from './blame.ts';

/** Bursts that loss is judged over: soon enough to see, enough packets to tell. */
const LOSS_BURSTS = 3;
/** Bursts whose median is the usual round trip: half an hour of minutes. */
const USUAL_BURSTS = 31;
/** Fewer do not tell what is usual. */
const USUAL_NEEDS = 5;

export class PointHistory {
  readonly #counts: { readonly sent: number; readonly lost: number }[] = [];
  readonly #rtts: number[] = [];

  /** A burst to the point. @returns what is known of it now; its round trip is that of this burst alone */
  add(burst: { readonly sent: number; readonly received: number; readonly rtt: number | undefined }): PointFigures {
    const usualRtt = this.#usual();
    if (burst.rtt !== undefined) keep(this.#rtts, burst.rtt, USUAL_BURSTS);
    keep(this.#counts, { sent: burst.sent, lost: burst.sent - burst.received }, LOSS_BURSTS);
    const sent = this.#counts.reduce((sum, each) => sum + each.sent, 0);
    const lost = this.#counts.reduce((sum, each) => sum + each.lost, 0);
    return { loss: sent === 0 ? undefined : lost / sent, lost, rtt: burst.rtt, usualRtt };
  }

  #usual(): number | undefined {
    if (this.#rtts.length < USUAL_NEEDS) return undefined;
    return this.#rtts.toSorted((a, b) => a - b)[this.#rtts.length >> 1];
  }
}

function keep<T>(list: T[], entry: T, most: number): void {
  list.push(entry);
  if (list.length > most) list.shift();
}
