/**
 * What an audit looks at, newest first: hours of sealing of each agent's epochs, to hold against the agent,
 * and hours of sample time, to count in the tables. Pure.
 */
import { HOUR_MS } from '@kaiku/protocol';

export const DAY_MS = 24 * HOUR_MS;
/** Closed hours that are looked at often. */
const RECENT_HOURS = 3;
/** What agents hold. */
const BUFFER_MS = 90 * DAY_MS;
/** Agents' clocks may differ, and an epoch seals on for a while after its newest sample. */
const SLACK_MS = DAY_MS;

export interface SealedTask {
  readonly kind: 'sealed';
  readonly agent: string;
  readonly epoch: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SampledTask {
  readonly kind: 'sampled';
  readonly fromMs: number;
  readonly toMs: number;
}

export type Task = SealedTask | SampledTask;

/** An epoch of an agent that answers. `epoch` is the time at which it began. */
export interface Target {
  readonly agent: string;
  readonly epoch: number;
  readonly newestMs: number;
}

const overlaps = ({ epoch, newestMs }: Target, fromMs: number, toMs: number): boolean =>
  epoch - SLACK_MS < toMs && newestMs + SLACK_MS >= fromMs;

function tasksOf(targets: readonly Target[], fromMs: number, toMs: number): readonly Task[] {
  return [
    { kind: 'sampled' as const, fromMs, toMs },
    ...targets
      .filter((target) => overlaps(target, fromMs, toMs))
      .map(({ agent, epoch }) => ({ kind: 'sealed' as const, agent, epoch, fromMs, toMs })),
  ];
}

/** The last closed hours. An hour is closed for the audit when its last batches have had time to arrive. */
export function recentTasks(targets: readonly Target[], nowMs: number, settleMs: number): readonly Task[] {
  const toMs = Math.floor((nowMs - settleMs) / HOUR_MS) * HOUR_MS;
  return tasksOf(targets, toMs - RECENT_HOURS * HOUR_MS, toMs);
}

/** Everything agents can still bring again, a day at a time. */
export function fullTasks(
  targets: readonly Target[],
  stored: { readonly firstMs: number; readonly lastMs: number } | undefined,
  nowMs: number,
  settleMs: number,
): readonly Task[] {
  if (stored === undefined) return [];
  const closedMs = Math.floor((nowMs - settleMs) / HOUR_MS) * HOUR_MS;
  const endMs = Math.min(closedMs, Math.ceil((stored.lastMs + SLACK_MS) / HOUR_MS) * HOUR_MS);
  const startMs = Math.max(stored.firstMs - SLACK_MS, nowMs - BUFFER_MS);
  const out: Task[] = [];
  for (let toMs = endMs; toMs > startMs;) {
    const fromMs = Math.floor((toMs - 1) / DAY_MS) * DAY_MS;
    out.push(...tasksOf(targets, fromMs, toMs));
    toMs = fromMs;
  }
  return out;
}
