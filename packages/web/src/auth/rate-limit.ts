/** Counts failures in a sliding window per key, bounded in memory. Pure: the clock is passed in. */
export interface FailureLimit {
  /** Seconds to wait before another try; 0 when one may be made. */
  waitSeconds(key: string, nowMs: number): number;
  fail(key: string, nowMs: number): void;
  /** After a success. */
  forget(key: string): void;
}

const MAX_KEYS = 10_000;

export function failureLimit(tries: number, windowMs: number): FailureLimit {
  const failures = new Map<string, number[]>();
  const recent = (key: string, nowMs: number): number[] =>
    (failures.get(key) ?? []).filter((atMs) => nowMs - atMs < windowMs);
  return {
    waitSeconds: (key, nowMs) => {
      const times = recent(key, nowMs);
      const oldest = times.at(-tries);
      return oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest + windowMs - nowMs) / 1000));
    },
    fail: (key, nowMs) => {
      const times = [...recent(key, nowMs), nowMs].slice(-tries);
      failures.delete(key);
      failures.set(key, times);
      const eldest = failures.keys().next();
      if (failures.size > MAX_KEYS && eldest.done !== true) failures.delete(eldest.value);
    },
    forget: (key) => {
      failures.delete(key);
    },
  };
}
