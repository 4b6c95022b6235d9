/**
 * How far apart the samples of a stretch really lie. Intervals change over the years, so a step that suits today's
 * would tear a line of older, rarer samples to dots. Pure.
 */

/** Samples further apart than this are an outage, not an interval. */
const OUTAGE_MS = 15 * 60_000;
/** So much of the observed time must lie within the spacing: the rest may be drawn as gaps. */
const SHARE = 0.9;

/**
 * The spacing that covers nine tenths of the time between a line's values, ms; `stepMs` when they are dense, or when
 * there are too few to tell.
 * @param values one value a step, NaN where there is none
 */
export function spacingMs(values: Float64Array, stepMs: number): number {
  const most = Math.floor(OUTAGE_MS / stepMs);
  // Steps of time by the distance between neighbouring values.
  const byDistance = new Map<number, number>();
  let total = 0;
  let before = -1;
  for (let at = 0; at < values.length; at += 1) {
    if (Number.isNaN(values[at])) continue;
    const distance = at - before;
    if (before >= 0 && distance <= most) {
      byDistance.set(distance, (byDistance.get(distance) ?? 0) + distance);
      total += distance;
    }
    before = at;
  }
  let covered = 0;
  for (const distance of [...byDistance.keys()].sort((a, b) => a - b)) {
    covered += byDistance.get(distance) ?? 0;
    if (covered >= SHARE * total) return distance * stepMs;
  }
  return stepMs;
}
