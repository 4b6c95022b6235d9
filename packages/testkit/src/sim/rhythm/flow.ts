/**
 * A flow: something countable that arrives with a weekly rhythm and noise on top. `total` is the
 * integral since the epoch, never falling; `rate` its slope, smoothed. Pure.
 *
 * Noise bends time rather than value: total(t) = mean * integral(warp(t)) with warp(t) = t + sum of
 * cell * depth * noise(t / cell). Each term's slope is within ±depth and the depths sum to less than
 * one, so warp rises, total rises, and the rate varies by the factor 1 ± sum of depths.
 */
import { lineNoise } from './noise.ts';
import { RHYTHM_EPOCH_MS, type Profile } from './profile.ts';

export interface Flow {
  /** Units since the epoch, at ms since 1970; not rounded. */
  readonly total: (atMs: number) => number;
  /** Units per second around that time. */
  readonly rate: (atMs: number) => number;
}

export interface FlowOptions {
  readonly profile: Profile;
  /** Mean over the week. */
  readonly perSecond: number;
  readonly seed: number;
}

/** Cells in seconds and depth of the noise in each. Depths sum to 0.95. */
const LAYERS = [
  { cellS: 23, depth: 0.28 },
  { cellS: 190, depth: 0.27 },
  { cellS: 1700, depth: 0.25 },
  { cellS: 15_000, depth: 0.15 },
] as const;

const RATE_SPAN_MS = 5000;

export function createFlow({ profile, perSecond, seed }: FlowOptions): Flow {
  const total = (atMs: number): number => {
    const seconds = (atMs - RHYTHM_EPOCH_MS) / 1000;
    let warped = seconds;
    for (let layer = 0; layer < LAYERS.length; layer += 1) {
      const { cellS, depth } = LAYERS[layer] ?? LAYERS[0];
      warped += cellS * depth * lineNoise(seed + layer * 7919, seconds / cellS);
    }
    return perSecond * profile.integral(warped);
  };
  return { total, rate: (atMs) => ((total(atMs) - total(atMs - RATE_SPAN_MS)) * 1000) / RATE_SPAN_MS };
}
