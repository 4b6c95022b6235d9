/**
 * Is what was missing when it was noticed still on its way? The rule: not before SETTLE has passed, and not
 * before the consumer has worked through what its lanes held at that moment. Pure.
 *
 * A lane that shrinks by other ways than being worked through (messages expired, the broker was wiped)
 * lowers the horizon, so that a hole is never waited for in vain.
 */
export interface Lane {
  /** Messages dealt with since start. */
  readonly processed: number;
  /** Messages still to be delivered or acknowledged. */
  readonly lag: number;
}

export interface Transport {
  readonly atMs: number;
  readonly data: Lane;
  readonly backlog: Lane;
  readonly replay: Lane;
}

export interface Horizon {
  readonly sinceMs: number;
  /** `processed` at which all that was on its way has been seen. */
  readonly data: number;
  readonly backlog: number;
}

const endOf = ({ processed, lag }: Lane): number => processed + lag;

export function horizonOf({ atMs, data, backlog }: Transport): Horizon {
  return { sinceMs: atMs, data: endOf(data), backlog: endOf(backlog) };
}

export function lowered(horizon: Horizon, { data, backlog }: Transport): Horizon {
  if (endOf(data) >= horizon.data && endOf(backlog) >= horizon.backlog) return horizon;
  return {
    sinceMs: horizon.sinceMs,
    data: Math.min(horizon.data, endOf(data)),
    backlog: Math.min(horizon.backlog, endOf(backlog)),
  };
}

export function isPassed(horizon: Horizon, { atMs, data, backlog }: Transport, settleMs: number): boolean {
  return atMs - horizon.sinceMs >= settleMs && data.processed >= horizon.data && backlog.processed >= horizon.backlog;
}
