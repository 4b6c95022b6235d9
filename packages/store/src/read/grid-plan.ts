/** Which data a grid is drawn from, by the width of its steps. Pure. */
import type { GridRequest } from '../api.ts';

/** Rollup tables, coarsest first. */
const ROLLUPS = [
  { suffix: '1h', bucketMs: 3_600_000 },
  { suffix: '5m', bucketMs: 300_000 },
] as const;

export interface GridPlan {
  /** Coarsest rollup that still fills every step; undefined: raw data only. */
  readonly rollup: (typeof ROLLUPS)[number] | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** More steps than a screen has points, at which a request is a mistake. */
const MAX_STEPS = 50_000;

/** @throws RangeError for a range or step that is none */
export function planGrid({ fromMs, toMs, stepMs }: GridRequest): GridPlan {
  const steps = Math.ceil((toMs - fromMs) / stepMs);
  if (!(stepMs >= 1) || !(steps >= 1) || steps > MAX_STEPS) {
    throw new RangeError(
      `a grid from ${fromMs} to ${toMs} by ${stepMs} ms has ${steps} steps; 1 to ${MAX_STEPS} can be drawn`,
    );
  }
  const rollup = ROLLUPS.find(({ bucketMs }) => bucketMs <= stepMs);
  return { rollup, fromMs: Math.trunc(fromMs), toMs: Math.trunc(toMs), stepMs: Math.trunc(stepMs), steps };
}
