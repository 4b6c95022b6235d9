/**
 * Rates from raw counters. Fed by the store's counter columns, ordered by (series, agent, ts); feeds alarms (rates
 * as readings) and window averages (steps). Pure.
 *
 * A step counts only when its verdict vouches for it (`ok`, `wrapped`) and the reading before is the one the verdict
 * speaks about: a lost row in between makes a gap, for a reset might hide in it. A gap is no rate: never zero, never
 * a spike.
 */
import { counterDelta, PROBE_STATUS, VERDICT, type VerdictCode } from '@kaiku/protocol';
import type { CounterColumns } from '@kaiku/store';
import { eachRun, type Readings } from '../read/readings.ts';

/** How far the distance of two rows may pass the agent's own interval before a row is missed between them. */
const GAP_FACTOR = 1.5;
const GAP_SLACK_MS = 1000;
/** At short intervals slack must not hide a row that is missing: twice the interval is always one. */
const GAP_MOST_FACTOR = 1.9;

const gapAfterMs = (intervalMs: number): number =>
  Math.min(intervalMs * GAP_FACTOR + GAP_SLACK_MS, intervalMs * GAP_MOST_FACTOR);

/** Steps of one series and one agent: the counter rose at `perSecond` from `fromMs` to `toMs`. */
export interface Steps {
  readonly agent: bigint;
  readonly fromMs: Float64Array;
  readonly toMs: Float64Array;
  readonly perSecond: Float64Array;
  readonly length: number;
}

function verdictCode(code: number): VerdictCode {
  if (code === VERDICT.ok || code === VERDICT.wrapped || code === VERDICT.reset) return code;
  return VERDICT.unknown;
}

function agentSteps(columns: CounterColumns, agent: bigint, from: number, to: number): Steps {
  const size = Math.max(to - from - 1, 0);
  const fromMs = new Float64Array(size);
  const toMs = new Float64Array(size);
  const perSecond = new Float64Array(size);
  let length = 0;
  for (let row = from + 1; row < to; row += 1) {
    const beforeMs = columns.ts[row - 1] ?? 0;
    const atMs = columns.ts[row] ?? 0;
    const intervalMs = columns.intervalMs[row] ?? 0;
    const delta = counterDelta(
      columns.value[row - 1] ?? 0n,
      columns.value[row] ?? 0n,
      verdictCode(columns.verdict[row] ?? VERDICT.unknown),
    );
    const distanceMs = atMs - beforeMs;
    if (delta === undefined || distanceMs <= 0) continue;
    if (intervalMs > 0 && distanceMs > gapAfterMs(intervalMs)) continue;
    fromMs[length] = beforeMs;
    toMs[length] = atMs;
    // The device's own clock where it gave an interval; ours else.
    perSecond[length] = delta / ((intervalMs > 0 ? intervalMs : distanceMs) / 1000);
    length += 1;
  }
  return { agent, fromMs, toMs, perSecond, length };
}

/** Steps by series, one entry for each agent. */
export function counterSteps(columns: CounterColumns): ReadonlyMap<bigint, readonly Steps[]> {
  const out = new Map<bigint, Steps[]>();
  eachRun(columns.series, (id, from, to) => {
    const perAgent: Steps[] = [];
    eachRun(columns.agent.subarray(from, to), (agent, first, end) => {
      perAgent.push(agentSteps(columns, agent, from + first, from + end));
    });
    out.set(id, perAgent);
  });
  return out;
}

/** Steps as readings at the time they end, all agents' in one, ascending. */
export function stepReadings(perAgent: readonly Steps[]): Readings {
  const [only] = perAgent;
  const total = perAgent.reduce((sum, each) => sum + each.length, 0);
  if (only !== undefined && perAgent.length === 1) {
    return {
      ts: only.toMs.subarray(0, total),
      value: only.perSecond.subarray(0, total),
      status: new Uint8Array(total),
    };
  }
  const order: (readonly [at: number, value: number])[] = [];
  for (const each of perAgent) {
    for (let at = 0; at < each.length; at += 1) order.push([each.toMs[at] ?? 0, each.perSecond[at] ?? Number.NaN]);
  }
  order.sort((a, b) => a[0] - b[0]);
  return {
    ts: Float64Array.from(order, ([at]) => at),
    value: Float64Array.from(order, ([, value]) => value),
    status: new Uint8Array(total).fill(PROBE_STATUS.ok),
  };
}

export interface WindowAverage {
  /** Mean rate per second over the covered part; NaN when nothing is. */
  readonly perSecond: number;
  /** Share of the window covered, 0..1. */
  readonly observed: number;
}

/**
 * Time-weighted mean of a series over [fromMs, toMs), from the agent that covers most of it; between equals the one
 * with the lower id, so that everybody picks the same.
 */
export function windowAverage(perAgent: readonly Steps[], fromMs: number, toMs: number): WindowAverage {
  let best: { agent: bigint; sum: number; coveredMs: number } | undefined;
  for (const each of perAgent) {
    let sum = 0;
    let coveredMs = 0;
    for (let at = firstEndingAfter(each, fromMs); at < each.length; at += 1) {
      const start = each.fromMs[at] ?? 0;
      if (start >= toMs) break;
      const shareMs = Math.min(each.toMs[at] ?? 0, toMs) - Math.max(start, fromMs);
      if (shareMs <= 0) continue;
      sum += (each.perSecond[at] ?? 0) * shareMs;
      coveredMs += shareMs;
    }
    const better =
      best === undefined || coveredMs > best.coveredMs || (coveredMs === best.coveredMs && each.agent < best.agent);
    if (better) best = { agent: each.agent, sum, coveredMs };
  }
  if (best === undefined || best.coveredMs === 0) return { perSecond: Number.NaN, observed: 0 };
  return { perSecond: best.sum / best.coveredMs, observed: Math.min(best.coveredMs / (toMs - fromMs), 1) };
}

function firstEndingAfter(steps: Steps, atMs: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps.toMs[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
