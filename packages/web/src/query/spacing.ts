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
 * there are too few to tell. On a grid one spacing shows as two distances (300 s in steps of 120 s: 2 and 3), so the
 * mean of those near the greatest is taken.
 * @param values one value a step, NaN where there is none
 */
export function spacingMs(values: Float64Array, stepMs: number): number {
  const most = Math.floor(OUTAGE_MS / stepMs);
  // How often each distance, in steps, lies between neighbouring values.
  const times = new Map<number, number>();
  let total = 0;
  let before = -1;
  for (let at = 0; at < values.length; at += 1) {
    if (Number.isNaN(values[at])) continue;
    const distance = at - before;
    if (before >= 0 && distance <= most) {
      times.set(distance, (times.get(distance) ?? 0) + 1);
      total += distance;
    }
    before = at;
  }
  let covered = 0;
  for (const [greatest, count] of [...times].sort(([a], [b]) => a - b)) {
    covered += greatest * count;
    if (covered < SHARE * total) continue;
    const near = [...times].filter(([distance]) => distance > greatest / 2 && distance <= greatest);
    const sum = near.reduce((all, [distance, often]) => all + distance * often, 0);
    return (sum / near.reduce((all, [, often]) => all + often, 0)) * stepMs;
  }
  return stepMs;
}
