/** How late each cycle of a device began, seen from the device. Pure. */

export interface Lateness {
  readonly cycles: number;
  /** Slots within the window in which the device was not asked. */
  readonly missed: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly mostMs: number;
}

/** Asked a moment before its slot, by a clock that is read in whole milliseconds. */
const EARLY_MS = 50;

/**
 * @param asked when each cycle of each device began, ms since 1970
 * @param offsets where each device's slots lie within the interval, ms
 */
export function lateness(
  asked: readonly (readonly number[])[],
  offsets: readonly number[],
  everyMs: number,
  window: { readonly fromMs: number; readonly toMs: number },
): Lateness {
  const late: number[] = [];
  let missed = 0;
  asked.forEach((moments, index) => {
    const offset = offsets[index] ?? 0;
    const slotOf = (ms: number): number => Math.floor((ms + EARLY_MS - offset) / everyMs) * everyMs + offset;
    const slots = new Set(moments.map(slotOf));
    for (const ms of moments) late.push(ms - slotOf(ms));
    // Whole slots only: one that began before the window may have been served before it, one at its end after it.
    for (let slot = slotOf(window.fromMs) + everyMs; slot + everyMs / 2 < window.toMs; slot += everyMs) {
      if (!slots.has(slot)) missed += 1;
    }
  });
  late.sort((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? Number.NaN;
  return {
    cycles: late.length,
    missed,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    mostMs: late.at(-1) ?? Number.NaN,
  };
}

/** Starts in the busiest second of the interval, as a multiple of the mean: 1 would be perfectly even. */
export function peakOfStarts(asked: readonly (readonly number[])[], everyMs: number): number {
  const perSecond = Array.from({ length: Math.ceil(everyMs / 1000) }, () => 0);
  let all = 0;
  for (const ms of asked.flat()) {
    const second = Math.floor((ms % everyMs) / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
    all += 1;
  }
  return Math.max(...perSecond) / (all / perSecond.length);
}
