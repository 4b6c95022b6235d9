/** The two clocks an edge hands to pure code: steady for durations, wall for event time. */
export interface Clock {
  /** Monotonic, ms; goes on while the process is stopped. Only differences mean anything, and only in one process. */
  steadyMs(): number;
  /** ms since 1970. */
  wallMs(): number;
}

export const systemClock: Clock = { steadyMs: () => performance.now(), wallMs: () => Date.now() };
