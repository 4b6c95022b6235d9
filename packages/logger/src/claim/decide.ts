/**
 * May an instance speak under its agent's name? Decided from what the bucket says and for how long this logger
 * has seen it unchanged. Pure.
 *
 * ```
 *  free ──▶ granted to who asks first      held by who asks ──▶ renewed
 *  held by another ──▶ refused, until it was not renewed for FREE_AFTER_MS
 * ```
 * Several loggers answer, and their clocks may differ by seconds: a holder is taken for gone when this logger has
 * itself seen the entry stand still for FREE_AFTER_MS, or when the entry is older than that by more than any
 * clock may be wrong.
 */
import type { ClaimRequest } from '@kaiku/protocol';

export const FREE_AFTER_MS = 30_000;
const CLOCK_SLACK_MS = 15_000;

/** The value in the bucket, under the agent's name. */
export interface Claim {
  readonly instance: string;
  /** Since when it holds the name, and when it was renewed last: ms since 1970 by the logger that wrote it. */
  readonly sinceMs: number;
  readonly atMs: number;
}

export interface Decision {
  readonly granted: boolean;
  readonly holder: string;
  readonly sinceMs: number;
  readonly renewedMs: number;
  /** To be written; undefined: nothing changes. */
  readonly write: Claim | undefined;
}

/** @param unchangedMs for how long this logger has seen the entry as it is */
export function decideClaim(
  current: Claim | undefined,
  request: Pick<ClaimRequest, 'instance'>,
  nowMs: number,
  unchangedMs: number,
): Decision {
  const { instance } = request;
  const isGone =
    current === undefined || unchangedMs >= FREE_AFTER_MS || nowMs - current.atMs >= FREE_AFTER_MS + CLOCK_SLACK_MS;
  if (current?.instance === instance) {
    const { sinceMs } = current;
    return { granted: true, holder: instance, sinceMs, renewedMs: nowMs, write: { instance, sinceMs, atMs: nowMs } };
  }
  if (!isGone) {
    const { sinceMs, atMs } = current;
    return { granted: false, holder: current.instance, sinceMs, renewedMs: atMs, write: undefined };
  }
  return {
    granted: true,
    holder: instance,
    sinceMs: nowMs,
    renewedMs: nowMs,
    write: { instance, sinceMs: nowMs, atMs: nowMs },
  };
}
