/**
 * Which point of a path is to blame. Pure.
 *
 * What a point does to packets that pass through it shows in every point behind it. So a point counts only as far as all
 * later ones bear it out: the loss (the delay) it passes on is the least of its own and theirs. The first point that passes
 * on too much is to blame.
 *
 * ```
 *  loss at      1     2     3     4
 *             0 %  60 %   0 %   0 %    nobody: point 2 answers few pings (rate limit) and passes everything on
 *             0 %  20 %  20 %  20 %    point 2
 *             0 % 100 %  20 %  20 %    point 3: point 2 never answers and says nothing either way
 *             0 % 100 % 100 % 100 %    point 2
 * ```
 *
 * Delay is judged against what is usual for each point, loss goes before delay. Routers answer pings when they have time, so one
 * point's own round trip proves nothing.
 */

/** What is known of a point, nearest first. */
export interface PointFigures {
  /** Lost / sent, 0 to 1, and how many that were; undefined: not observed. */
  readonly loss: number | undefined;
  readonly lost: number;
  /** ms; undefined without an answer. */
  readonly rtt: number | undefined;
  /** What its round trip usually is; undefined while that is not known. */
  readonly usualRtt: number | undefined;
}

export interface Blame {
  /** Counted from 1, as the points of the path. */
  readonly point: number;
  readonly cause: 'loss' | 'delay';
  /** Share lost, or ms more than usual, that it passes on. */
  readonly amount: number;
}

/** Of thirty packets a single lost one is chance. */
const LEAST_LOSS = 0.03;
const LEAST_LOST = 2;
/** A point that loses so much more than it passes on answers badly: it says nothing of what passes through it. */
const OWN_LOSS = 0.2;
/** More than usual: at least so many ms, and so large a share of the path's usual round trip. */
const LEAST_DELAY_MS = 5;
const LEAST_DELAY_SHARE = 0.5;

/** @returns undefined when nobody is to blame */
export function blame(points: readonly PointFigures[]): Blame | undefined {
  return blameLoss(points) ?? blameDelay(points);
}

function blameLoss(points: readonly PointFigures[]): Blame | undefined {
  const last = points.at(-1);
  if (last?.loss === undefined || last.lost < LEAST_LOST) return undefined;
  const passedOn = leastFromHere(points.map(({ loss }) => loss));
  const at = points.findIndex(({ loss }, index) => {
    const passes = passedOn[index] ?? 0;
    return loss !== undefined && passes >= LEAST_LOSS && loss - passes <= OWN_LOSS;
  });
  return at < 0 ? undefined : { point: at + 1, cause: 'loss', amount: passedOn[at] ?? 0 };
}

function blameDelay(points: readonly PointFigures[]): Blame | undefined {
  const usual = points.at(-1)?.usualRtt;
  if (usual === undefined || points.at(-1)?.rtt === undefined) return undefined;
  const more = points.map(({ rtt, usualRtt }) =>
    rtt === undefined || usualRtt === undefined ? undefined : rtt - usualRtt,
  );
  const passedOn = leastFromHere(more);
  const tooMuch = Math.max(LEAST_DELAY_MS, LEAST_DELAY_SHARE * usual);
  const at = more.findIndex((own, index) => own !== undefined && (passedOn[index] ?? 0) >= tooMuch);
  return at < 0 ? undefined : { point: at + 1, cause: 'delay', amount: passedOn[at] ?? 0 };
}

/** The least of each value and all later ones; what is not known bears anything out. */
function leastFromHere(values: readonly (number | undefined)[]): readonly number[] {
  let least = Infinity;
  return values.map((_, index) => (least = Math.min(least, values.at(-1 - index) ?? Infinity))).toReversed();
}
