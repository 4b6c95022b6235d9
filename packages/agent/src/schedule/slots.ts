/**
 * Where the slots of a check lie. A slot is a moment `k * everyMs + offset` of wall time, with the offset
 * drawn from a hash of the target, so that targets spread evenly over the interval and every agent, and
 * the same agent after a restart, samples a target at the same moments. Pure.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** 32-bit FNV-1a with a final mix (Murmur3's), so that names differing in the last letter spread too. */
function hash32(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Offset of a target's slots within an interval, ms. Offsets of one target agree modulo each other, so
 * the slots of its 60 s check coincide with every second slot of its 30 s check: one poll serves both.
 */
export function slotOffsetMs(target: string, everyMs: number): number {
  return hash32(target) % everyMs;
}

/** First slot at or after `fromMs`. */
export function slotAtOrAfter(fromMs: number, everyMs: number, offsetMs: number): number {
  return Math.ceil((fromMs - offsetMs) / everyMs) * everyMs + offsetMs;
}

/** How late a slot may still be sampled: half its interval, and never more than 5 s. */
export function toleranceMs(everyMs: number): number {
  return Math.min(everyMs / 2, 5000);
}
