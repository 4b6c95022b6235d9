/**
 * Counter arithmetic (RFC 2863): what the step between two readings means. The agent stores the
 * reading with its verdict; analyzer, rollups and graphs derive rates with `counterDelta`. Pure.
 */

/** Never renumber: stored. `unknown` is a first reading or one whose predecessor is not trusted. */
export const VERDICT = { ok: 0, wrapped: 1, reset: 2, unknown: 3 } as const;
export type Verdict = keyof typeof VERDICT;
export type VerdictCode = (typeof VERDICT)[Verdict];

export interface CounterReading {
  readonly value: bigint;
  /** Time of the reading by the device's clock where it gives one (sysUpTime), ms. */
  readonly atMs: number;
}

export interface CounterContext {
  readonly bits: 32 | 64;
  /** True when the device restarted or the counter's discontinuity time changed in between. */
  readonly restarted: boolean;
  /** Highest plausible rate, units per second (octets: speed / 8); 0 when unknown. */
  readonly maxPerSecond: number;
  /** True when it really may run that fast (octets, packets), so that a long step can hide a whole wrap. */
  readonly lineRate?: boolean;
}

const WRAP_32 = 1n << 32n;
/** How far above its nominal speed a plausible rate may lie. */
const PLAUSIBLE = 1.1;

/**
 * Judges the step from `before` to `now`.
 * - `ok`: the counter rose (and plausibly, where a speed is known).
 * - `wrapped`: a 32-bit counter passed its end: no restart, interval shorter than the time a wrap
 *   takes at full speed, resulting rate at most 1.1 times the speed.
 * - `reset`: anything else: a gap, never a zero and never a spike. A falling 64-bit counter is one.
 * - `unknown`: no reading before, or time did not advance; or a 32-bit counter rose, but at line rate it could have
 *   wrapped once more and shown the same (a full gigabit port shows 0 after 34.4 s): the rise is not known.
 */
export function judgeCounter(
  before: CounterReading | undefined,
  now: CounterReading,
  context: CounterContext,
): Verdict {
  if (before === undefined) return 'unknown';
  const seconds = (now.atMs - before.atMs) / 1000;
  if (context.restarted) return 'reset';
  if (seconds <= 0) return 'unknown';
  const limit = context.maxPerSecond * PLAUSIBLE * seconds;
  if (now.value >= before.value) {
    const rise = Number(now.value - before.value);
    if (context.maxPerSecond > 0 && rise > limit) return 'reset';
    const hidden = context.bits === 32 && context.lineRate === true;
    return hidden && rise + Number(WRAP_32) <= context.maxPerSecond * seconds ? 'unknown' : 'ok';
  }
  if (context.bits === 64 || context.maxPerSecond <= 0) return 'reset';
  const rise = Number(now.value + WRAP_32 - before.value);
  const wrapSeconds = Number(WRAP_32) / context.maxPerSecond;
  return seconds < wrapSeconds && rise <= limit ? 'wrapped' : 'reset';
}

/** Rise of a counter over a judged step; undefined where there is none to speak of. */
export function counterDelta(before: bigint, now: bigint, verdict: VerdictCode): number | undefined {
  if (verdict === VERDICT.ok) return now >= before ? Number(now - before) : undefined;
  if (verdict === VERDICT.wrapped) return Number(now + WRAP_32 - before);
  return undefined;
}
