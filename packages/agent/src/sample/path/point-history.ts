/**
 * What a point of a path has done lately: loss over a few bursts, so that chance does not blame, and what is usual for it: its round
 * trip, and how many pings it leaves unanswered while packets through it arrive. Pure.
 */
import type { PointFigures } from './blame.ts';

/** Bursts that loss is judged over: soon enough to see, enough packets to tell. */
const LOSS_BURSTS = 3;
/** Bursts in which nobody was to blame that tell what is usual: half an hour of minutes. */
const USUAL_BURSTS = 31;
/** Fewer do not tell. */
const USUAL_NEEDS = 5;

export interface PointBurst {
  readonly sent: number;
  readonly received: number;
  /** ms; undefined without an answer. */
  readonly rtt: number | undefined;
}

/** As it is kept over a restart, oldest first. */
export interface PointMemory {
  readonly rtts: readonly number[];
  readonly losses: readonly number[];
}

export class PointHistory {
  readonly #counts: { readonly sent: number; readonly lost: number }[] = [];
  #rtts: number[] = [];
  /** Share left unanswered. */
  #losses: number[] = [];

  constructor(known: PointMemory = { rtts: [], losses: [] }) {
    this.#rtts = known.rtts.slice(-USUAL_BURSTS);
    this.#losses = known.losses.slice(-USUAL_BURSTS);
  }

  /** A burst to the point. @returns what is known of it now; its round trip is that of this burst alone */
  add(burst: PointBurst): PointFigures {
    keep(this.#counts, { sent: burst.sent, lost: burst.sent - burst.received }, LOSS_BURSTS);
    const sent = this.#counts.reduce((sum, each) => sum + each.sent, 0);
    const lost = this.#counts.reduce((sum, each) => sum + each.lost, 0);
    return {
      loss: sent === 0 ? undefined : lost / sent,
      lost,
      usualLoss: this.#losses.length < USUAL_NEEDS ? 0 : mean(this.#losses),
      rtt: burst.rtt,
      usualRtt: this.#rtts.length < USUAL_NEEDS ? undefined : median(this.#rtts),
    };
  }

  /** A burst as it usually is. */
  learn({ sent, received, rtt }: PointBurst): void {
    if (rtt !== undefined) keep(this.#rtts, rtt, USUAL_BURSTS);
    if (sent > 0) keep(this.#losses, (sent - received) / sent, USUAL_BURSTS);
  }

  /** What was usual is so no more. */
  forget(): void {
    this.#rtts = [];
    this.#losses = [];
  }

  get memory(): PointMemory {
    return { rtts: this.#rtts, losses: this.#losses };
  }
}

function keep<T>(list: T[], entry: T, most: number): void {
  list.push(entry);
  if (list.length > most) list.shift();
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
