/** Deterministic noise: pure functions of a seed and a position, without any state. Pure. */

/** Seed of a name, so that each thing's noise is its own. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash | 0;
}

/** Uniform in 0..1 for a whole number. */
export function hash01(seed: number, index: number): number {
  let hash = Math.imul(seed ^ Math.imul(index | 0, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 4294967296;
}

/** Continuous noise in 0..1: straight lines between `hash01` of whole positions. Slope at most 1. */
export function lineNoise(seed: number, position: number): number {
  const index = Math.floor(position);
  const from = hash01(seed, index);
  return from + (hash01(seed, index + 1) - from) * (position - index);
}
