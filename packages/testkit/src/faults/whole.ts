/** Waits until every store has all that was sealed in a range of time, or a record of what is gone; says how long that took. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, isWhole, type Comparison } from './check.ts';
import type { Cluster, GeneratingAgent, StorePart } from './cluster.ts';

export interface Wholeness {
  readonly whole: boolean;
  readonly seconds: number;
  readonly comparisons: readonly Comparison[];
}

export interface WholeOptions {
  readonly fromMs: number;
  /** Sealed before this; now, when left out. */
  readonly toMs?: number;
  readonly deadlineMs: number;
  readonly agents?: readonly GeneratingAgent[];
  readonly stores?: readonly StorePart[];
  /** Between two looks. */
  readonly everyMs?: number;
  readonly onLook?: (comparisons: readonly Comparison[]) => void;
}

const EVERY_MS = 500;

export async function untilWhole(cluster: Cluster, options: WholeOptions): Promise<Wholeness> {
  const { fromMs, toMs = Date.now(), deadlineMs, agents = cluster.agents, stores = cluster.stores } = options;
  const beganMs = performance.now();
  let comparisons: readonly Comparison[] = [];
  let failure: unknown;
  for (;;) {
    try {
      comparisons = await compareAll(agents, stores, fromMs, toMs);
      failure = undefined;
      options.onLook?.(comparisons);
      if (comparisons.every(isWhole)) {
        return { whole: true, seconds: (performance.now() - beganMs) / 1000, comparisons };
      }
    } catch (error) {
      failure = error;
    }
    const passedMs = performance.now() - beganMs;
    if (passedMs >= deadlineMs) {
      if (comparisons.length === 0 && failure !== undefined) throw failure;
      return { whole: false, seconds: passedMs / 1000, comparisons };
    }
    await sleep(options.everyMs ?? EVERY_MS);
  }
}

export async function compareAll(
  agents: readonly GeneratingAgent[],
  stores: readonly StorePart[],
  fromMs: number,
  toMs: number,
): Promise<readonly Comparison[]> {
  const out: Comparison[] = [];
  for (const { door } of stores) {
    for (const { generator } of agents) out.push(await compare(generator, door, fromMs, toMs));
  }
  return out;
}
