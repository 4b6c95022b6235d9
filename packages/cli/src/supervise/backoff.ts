/**
 * What a supervisor does when a child ends by itself. Pure: the time is passed in.
 *
 * Delays double from 0.5 s to 15 s and start over after 30 s of good running. A child that ends at
 * once with exit code 2 has a wrong configuration: starting it again would only repeat the message.
 */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A run this long is a good one: the next failure counts as the first. */
  readonly resetAfterMs: number;
  /** Exit code 2 within this time of the start is final. */
  readonly configWithinMs: number;
}

export const BACKOFF: BackoffPolicy = {
  firstMs: 500,
  maxMs: 15_000,
  resetAfterMs: 30_000,
  configWithinMs: 10_000,
};

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly ranMs: number;
}

export type AfterExit =
  | { readonly action: 'restart'; readonly failures: number; readonly delayMs: number }
  | { readonly action: 'give-up'; readonly why: string };

/** @param failures failures in a row before this exit */
export function afterExit(failures: number, exit: ChildExit, policy: BackoffPolicy = BACKOFF): AfterExit {
  if (exit.code === 2 && exit.ranMs < policy.configWithinMs) {
    return { action: 'give-up', why: 'its configuration is wrong (exit code 2)' };
  }
  const now = exit.ranMs >= policy.resetAfterMs ? 1 : failures + 1;
  return { action: 'restart', failures: now, delayMs: Math.min(policy.firstMs * 2 ** (now - 1), policy.maxMs) };
}
