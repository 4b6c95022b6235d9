/**
 * Samples whose values anybody can work out: what the generator agent seals, and what a checker expects in every store. Pure.
 *
 * Series `s` of an agent is of device `<agent>-dev-<floor(s / 20)>`, instance `String(s % 20)`; even ones are gauges
 * (`knownGauge`), odd ones counters (`knownCounter`). Tick `t` is the time `t * everyMs`. Gauges are multiples of 1/4
 * below 1024, so sums of them are exact in Float64; counters rise by a rate of their own.
 */
import { createHash } from 'node:crypto';
import type { SeriesDescription } from '@kaiku/protocol';

export const SERIES_PER_DEVICE = 20;
const QUARTERS = 4096;

export interface TickSum {
  readonly gauges: number;
  readonly counters: number;
  readonly gaugeSum: number;
  readonly counterSum: bigint;
}

/** One line of the account: a batch that was sealed. */
export interface AccountLine {
  readonly epoch: number;
  readonly seq: number;
  readonly tick: number;
  readonly rows: number;
  /** The batch holds the devices `i` with `i % slices === slice`. */
  readonly slice: number;
  readonly slices: number;
}

/** What of an agent's name goes into its values: a small number. */
export function agentSalt(agent: string): number {
  return createHash('sha256').update(agent).digest().readUInt16BE(0);
}

export function isGauge(series: number): boolean {
  return series % 2 === 0;
}

export function deviceOf(series: number): number {
  return Math.floor(series / SERIES_PER_DEVICE);
}

export function describeSeries(agent: string, series: number): SeriesDescription {
  const gauge = isGauge(series);
  return {
    entity: `${agent}-dev-${deviceOf(series)}`,
    metric: gauge ? 'knownGauge' : 'knownCounter',
    instance: String(series % SERIES_PER_DEVICE),
    kind: gauge ? 'gauge' : 'counter',
  };
}

export function gaugeOf(salt: number, series: number, tick: number): number {
  return ((salt + series * 37 + (tick % QUARTERS) * (1 + (series % 3))) % QUARTERS) / 4;
}

export function counterOf(salt: number, series: number, tick: number): bigint {
  return BigInt(salt + series * 1000) + BigInt(tick) * BigInt(1 + (series % 97));
}

export function gaugeValue(agent: string, series: number, tick: number): number {
  return gaugeOf(agentSalt(agent), series, tick);
}

export function counterValue(agent: string, series: number, tick: number): bigint {
  return counterOf(agentSalt(agent), series, tick);
}

/** The series of one slice of devices, ascending. */
export function seriesOfSlice(series: number, slice = 0, slices = 1): readonly number[] {
  const all = Array.from({ length: series }, (_, each) => each);
  return slices === 1 ? all : all.filter((each) => deviceOf(each) % slices === slice);
}

/** What a store must hold of one tick of an agent with `series` series, or of one slice of it. */
export function expectedOfTick(agent: string, series: number, tick: number, slice = 0, slices = 1): TickSum {
  const salt = agentSalt(agent);
  let gauges = 0;
  let counters = 0;
  let gaugeSum = 0;
  let counterSum = 0n;
  for (const each of seriesOfSlice(series, slice, slices)) {
    if (isGauge(each)) {
      gauges += 1;
      gaugeSum += gaugeOf(salt, each, tick);
    } else {
      counters += 1;
      counterSum += counterOf(salt, each, tick);
    }
  }
  return { gauges, counters, gaugeSum, counterSum };
}

/** Reads an account file. A last line cut short by a kill is left out. */
export function parseAccount(text: string): readonly AccountLine[] {
  const out: AccountLine[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const parts = line.split(' ').map(Number);
    const [epoch = Number.NaN, seq = Number.NaN, tick = Number.NaN, rows = Number.NaN, slice = 0, slices = 1] = parts;
    if (parts.length < 4 || parts.some((part) => !Number.isSafeInteger(part))) continue;
    out.push({ epoch, seq, tick, rows, slice, slices });
  }
  return out;
}

export function accountText({ epoch, seq, tick, rows, slice, slices }: AccountLine): string {
  return `${[epoch, seq, tick, rows, ...(slices === 1 ? [] : [slice, slices])].join(' ')}\n`;
}
