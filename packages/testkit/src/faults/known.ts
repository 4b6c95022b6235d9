/**
 * What generating agents measure: values that anybody can compute again from (agent, series, tick), so that a
 * checker needs no copy of them. The present generating agent brings its own values (`expectedOfTick` of its
 * package); those here are of the one made of another version's parts (`previous-agent.ts`).
 *
 * Even series are gauges, odd ones counters; each sample of tick t lies at t × everyMs exactly. All values are
 * whole numbers far below 2^53, so sums are exact in any order.
 */
import { createHash } from 'node:crypto';

export interface KnownSeries {
  readonly entity: string;
  readonly metric: string;
  readonly instance: string;
  readonly kind: 'gauge' | 'counter';
}

export function knownSeries(agent: string, series: number): KnownSeries {
  const kind = series % 2 === 0 ? 'gauge' : 'counter';
  return { entity: `${agent}-dev-${series}`, metric: `known-${kind}`, instance: '', kind };
}

const salts = new Map<string, number>();

function saltOf(agent: string): number {
  let salt = salts.get(agent);
  if (salt === undefined) {
    salt = createHash('sha256').update(agent).digest().readUInt16BE(0);
    salts.set(agent, salt);
  }
  return salt;
}

export function knownValue(agent: string, series: number, tick: number): number {
  const salt = saltOf(agent);
  // A counter rises by one and its series' number a tick; a gauge wanders.
  return series % 2 === 1 ? (tick % 1e9) * (series + 1) + salt : ((tick % 1e9) * 31 + series * 17 + salt) % 10_007;
}

/** What a whole tick must sum up to. */
export interface TickSum {
  readonly gauges: number;
  readonly counters: number;
  readonly gaugeSum: number;
  readonly counterSum: bigint;
}

export type TickSums = (agent: string, series: number, tick: number, slice?: number, slices?: number) => TickSum;

export const previousTickSums: TickSums = (agent, series, tick) => {
  const sum = { gauges: 0, counters: 0, gaugeSum: 0, counterSum: 0n };
  for (let index = 0; index < series; index += 1) {
    const value = knownValue(agent, index, tick);
    if (index % 2 === 0) {
      sum.gauges += 1;
      sum.gaugeSum += value;
    } else {
      sum.counters += 1;
      sum.counterSum += BigInt(value);
    }
  }
  return sum;
};
