/**
 * Which point of a path is to blame. Pure.
 *
 * What a point does to packets that pass through it shows in every point behind it. So a point counts only as far as all
 * later ones bear it out: the loss (the delay) it passes on is the least of its own and theirs. The first point that passes
 * on much of what arrives at the end is to blame.
 *
 * ```
 *  loss at      1     2     3     4
 *             0 %  60 %   0 %   0 %    nobody: point 2 answers few pings (rate limit) and passes everything on
 *             0 %  20 %  20 %  20 %    point 2
 *             0 %   5 %  20 %  20 %    point 3: what point 2 may pass on is not what is missing
 *             0 % 100 %  20 %  20 %    point 3: point 2 never answers and says nothing either way
 *             0 % 100 % 100 % 100 %    point 2
 * ```
 *
 * Routers answer pings when they have time, so one point's own round trip or loss proves nothing: delay is judged against what is
 * usual for each point, and pings that a point always leaves unanswered are taken off its loss. Loss goes before delay.
 */

/** What is known of a point, nearest first. */
export interface PointFigures {
  /** Lost / sent, 0 to 1, and how many that were; undefined: not observed. */
  readonly loss: number | undefined;
  readonly lost: number;
  /** Share of pings it leaves unanswered while packets through it arrive. */
  readonly usualLoss: number;
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
/** A point that passes on less of what is late, or lost, at the end is not the one to look at; or all but what chance may do. */
const MUCH_DELAY = 0.5;
const MUCH_LOSS = 1 / 3;

/** @returns undefined when nobody is to blame */
export function blame(points: readonly PointFigures[]): Blame | undefined {
  return blameLoss(points) ?? blameDelay(points);
}

function blameLoss(points: readonly PointFigures[]): Blame | undefined {
  const last = points.at(-1);
  if (last?.loss === undefined || last.lost < LEAST_LOST) return undefined;
  const end = last.loss;
  const own = points.map(({ loss, usualLoss }, index) =>
    // Nothing lies behind the last one: what it does not answer is lost.
    loss === undefined || index === points.length - 1 ? loss : Math.max(0, loss - usualLoss),
  );
  const passedOn = leastFromHere(own);
  const at = own.findIndex((loss, index) => {
    const passes = passedOn[index] ?? 0;
    const missing = last.lost * (1 - passes / end);
    const much = passes >= MUCH_LOSS * end || missing <= LEAST_LOST;
    return loss !== undefined && passes >= LEAST_LOSS && much && loss - passes <= OWN_LOSS;
  });
  return at < 0 ? undefined : { point: at + 1, cause: 'loss', amount: passedOn[at] ?? 0 };
}

function blameDelay(points: readonly PointFigures[]): Blame | undefined {
  const more = points.map(({ rtt, usualRtt }) =>
    rtt === undefined || usualRtt === undefined ? undefined : rtt - usualRtt,
  );
  const end = more.at(-1);
  const usual = points.at(-1)?.usualRtt;
  if (end === undefined || usual === undefined) return undefined;
  const passedOn = leastFromHere(more);
  const tooMuch = Math.max(LEAST_DELAY_MS, LEAST_DELAY_SHARE * usual, MUCH_DELAY * end);
  const at = more.findIndex((own, index) => own !== undefined && (passedOn[index] ?? 0) >= tooMuch);
  return at < 0 ? undefined : { point: at + 1, cause: 'delay', amount: passedOn[at] ?? 0 };
}

/** The least of each value and all later ones; what is not known bears anything out. */
function leastFromHere(values: readonly (number | undefined)[]): readonly number[] {
  let least = Infinity;
  return values.map((_, index) => (least = Math.min(least, values.at(-1 - index) ?? Infinity))).toReversed();
}
