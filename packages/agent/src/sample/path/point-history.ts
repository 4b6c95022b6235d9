/**
 * What a point of a path has done lately: loss over a few bursts, so that chance does not blame, and what is usual for it: its round
 * trip, and how many pings it leaves unanswered while packets through it arrive. Pure.
 */
import type { PointFigures } from './blame.ts';

/** Bursts that loss is judged over: soon enough to see, enough packets to tell. */
export const LOSS_BURSTS = 3;
/** While it lasts, so many tell whose it is: with more packets chance names nobody else. */
export const MOST_LOSS_BURSTS = 15;
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
  #rtt: number | undefined;
  #rtts: number[] = [];
  /** Share left unanswered. */
  #losses: number[] = [];

  constructor(known: PointMemory = { rtts: [], losses: [] }) {
    this.#rtts = known.rtts.slice(-USUAL_BURSTS);
    this.#losses = known.losses.slice(-USUAL_BURSTS);
  }

  add(burst: PointBurst): void {
    keep(this.#counts, { sent: burst.sent, lost: burst.sent - burst.received }, MOST_LOSS_BURSTS);
    this.#rtt = burst.rtt;
  }

  /** What is known of the point now: its loss over the last bursts, its round trip of the last one. */
  figures(bursts: number): PointFigures {
    const counts = this.#counts.slice(-bursts);
    const sent = counts.reduce((sum, each) => sum + each.sent, 0);
    const lost = counts.reduce((sum, each) => sum + each.lost, 0);
    return {
      loss: sent === 0 ? undefined : lost / sent,
      lost,
      // A median: that of the network is in it when it is small, and seldom.
      usualLoss: this.#losses.length < USUAL_NEEDS ? 0 : (median(this.#losses) ?? 0),
      rtt: this.#rtt,
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

const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
