/**
 * Which series answer a device's rules, and a rule's observations from what was read. Joins the watch plan, the
 * series index and the raw read; feeds the alarm book. No clock, no I/O.
 */
import { metric as dictionary, type ComputedMetric } from '@kaiku/catalog';
import { computeReadings, newestValue, type LastValue } from '../composite/computed.ts';
import { stepReadings } from '../rate/rates.ts';
import type { Readings } from './readings.ts';
import type { RawRead } from './reader.ts';
import { mergeSlots, type Observations } from './slots.ts';
import type { SeriesIndex, SeriesRef } from './series-index.ts';
import { watches, type WatchedDevice, type WatchedRule } from './watch-plan.ts';

export interface SeriesIds {
  readonly gauges: Set<bigint>;
  readonly counters: Set<bigint>;
}

/** Instances a rule watches on a device. */
export function ruleSeries(device: WatchedDevice, watched: WatchedRule, index: SeriesIndex): readonly SeriesRef[] {
  const { source } = watched;
  const metric = source.kind === 'computed' ? source.computed.of : source.metric;
  const found = index.of(device.id, metric).filter(({ instance }) => watches(watched, instance));
  // What proves a device down must be seen with its very first samples.
  const proof = device.proofs.find((each) => each.metric === metric);
  const early = proof?.series.filter(
    ({ id, instance }) => watches(watched, instance) && !found.some((each) => each.id === id),
  );
  return early === undefined || early.length === 0 ? found : [...found, ...early];
}

const isCounter = (metric: string): boolean => dictionary(metric)?.kind === 'counter';

/** Adds the ids a device's rules need. */
export function collectIds(device: WatchedDevice, index: SeriesIndex, into: SeriesIds): void {
  for (const watched of device.rules) {
    const { source } = watched;
    const series = ruleSeries(device, watched, index);
    if (source.kind !== 'computed') {
      for (const { id } of series) into[source.kind === 'counter' ? 'counters' : 'gauges'].add(id);
      continue;
    }
    for (const { id } of series) into[isCounter(source.computed.of) ? 'counters' : 'gauges'].add(id);
    for (const { id } of index.of(device.id, source.computed.against)) into.gauges.add(id);
  }
}

/** Observations for rules, each series merged once per read. */
export class ObservationSource {
  readonly #raw: RawRead;
  readonly #index: SeriesIndex;
  readonly #lastValues: Map<bigint, LastValue>;
  readonly #merged = new Map<string, Observations>();

  /** @param lastValues newest values of the metrics others are set against; kept from read to read */
  constructor(raw: RawRead, index: SeriesIndex, lastValues: Map<bigint, LastValue>) {
    this.#raw = raw;
    this.#index = index;
    this.#lastValues = lastValues;
  }

  of(device: WatchedDevice, { source, everyMs }: WatchedRule, { id, instance }: SeriesRef): Observations | undefined {
    const name = `${source.kind === 'computed' ? source.computed.name : source.metric} ${id} ${everyMs}`;
    const done = this.#merged.get(name);
    if (done !== undefined) return done;
    const readings =
      source.kind === 'computed'
        ? this.#computed(device, source.computed, id, instance)
        : this.#plain(id, source.kind === 'counter');
    if (readings === undefined) return undefined;
    const merged = mergeSlots(readings, everyMs);
    this.#merged.set(name, merged);
    return merged;
  }

  #plain(id: bigint, counter: boolean): Readings | undefined {
    if (!counter) return this.#raw.gauges.get(id);
    const steps = this.#raw.counters.get(id);
    return steps === undefined ? undefined : stepReadings(steps);
  }

  #computed(device: WatchedDevice, computed: ComputedMetric, id: bigint, instance: string): Readings | undefined {
    const of = this.#plain(id, isCounter(computed.of));
    const other = this.#index.of(device.id, computed.against).find((each) => each.instance === instance);
    if (other === undefined) return undefined;
    const against = this.#raw.gauges.get(other.id);
    const known = this.#lastValues.get(other.id);
    const newest = newestValue(against, known);
    if (newest !== undefined) this.#lastValues.set(other.id, newest);
    return of === undefined ? undefined : computeReadings(computed, of, against, known);
  }
}
