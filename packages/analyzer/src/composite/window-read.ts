/**
 * Computes the windows of some devices from the store's raw data: what one task of `WindowWork` does, without
 * deciding what is due or writing anything. The same data gives the same rows, whoever computes them.
 */

import { seriesId, type SeriesDescription } from '@kaiku/protocol';
import { NO_READINGS } from '../read/readings.ts';
import { readRaw } from '../read/reader.ts';
import type { SeriesIndex } from '../read/series-index.ts';
import type { WatchedDevice } from '../read/watch-plan.ts';
import { AVAILABILITY_MARGIN_MS } from './availability.ts';
import { availabilityRows, averageRows, WINDOW_MS, type WindowResult } from './window-rows.ts';
import type { StoreReader } from '../read/store-reader.ts';

export interface ComputedWindows {
  readonly rows: readonly WindowResult[];
  readonly described: readonly SeriesDescription[];
}

export function availabilitySeries(entity: string): SeriesDescription {
  return { entity, metric: 'availability', instance: '', kind: 'derived' };
}

/** Series of one read: bounds a question to some hundred thousand rows per six hours. */
const SERIES_PER_READ = 400;

/** Devices in groups of bounded weight. */
export function groupDevices(devices: readonly WatchedDevice[], index: SeriesIndex): readonly WatchedDevice[][] {
  const groups: WatchedDevice[][] = [];
  let current: WatchedDevice[] = [];
  let weight = 0;
  for (const device of devices) {
    let own = device.availability.length;
    for (const computed of device.averages) own += index.of(device.id, computed.of).length;
    if (current.length > 0 && weight + own > SERIES_PER_READ) {
      groups.push(current);
      current = [];
      weight = 0;
    }
    current.push(device);
    weight += own;
  }
  if (current.length > 0) groups.push(current);
  return groups;
}

/** Windows `from` to `to`, inclusive. @throws StoreError */
export async function computeWindows(
  pool: StoreReader,
  index: SeriesIndex,
  devices: readonly WatchedDevice[],
  from: number,
  to: number,
): Promise<ComputedWindows> {
  const fromMs = from * WINDOW_MS;
  const windows = to - from + 1;
  const toMs = fromMs + windows * WINDOW_MS;
  const gauges = new Set<bigint>();
  const counters = new Set<bigint>();
  for (const device of devices) {
    for (const name of device.availability) gauges.add(index.ofWhole(device.id, name).id);
    for (const computed of device.averages) {
      for (const { id } of index.of(device.id, computed.of)) counters.add(id);
      for (const { id } of index.of(device.id, computed.against)) gauges.add(id);
    }
  }
  const range = { fromMs: fromMs - AVAILABILITY_MARGIN_MS, toMs: toMs + AVAILABILITY_MARGIN_MS };
  const step = { fromMs: fromMs - WINDOW_MS, toMs: toMs + WINDOW_MS };
  const raw = await readRaw(pool, { ids: [...gauges], ...range }, { ids: [...counters], ...step });

  const rows: WindowResult[] = [];
  const described: SeriesDescription[] = [];
  const add = (description: SeriesDescription, make: (series: bigint) => readonly WindowResult[]): void => {
    const made = make(seriesId(description));
    if (made.length === 0) return;
    described.push(description);
    for (const row of made) rows.push(row);
  };
  for (const device of devices) {
    if (device.availability.length > 0) {
      const metrics = device.availability.map(
        (name) => raw.gauges.get(index.ofWhole(device.id, name).id) ?? NO_READINGS,
      );
      add(availabilitySeries(device.id), (series) =>
        availabilityRows(series, metrics, device.availabilityEveryMs, fromMs, windows),
      );
    }
    for (const computed of device.averages) {
      const others = new Map(index.of(device.id, computed.against).map(({ instance, id }) => [instance, id]));
      for (const { id, instance } of index.of(device.id, computed.of)) {
        const steps = raw.counters.get(id);
        const against = raw.gauges.get(others.get(instance) ?? 0n);
        if (steps === undefined || against === undefined) continue;
        add({ entity: device.id, metric: computed.name, instance, kind: 'derived' }, (series) =>
          averageRows(series, computed, steps, against, fromMs, windows),
        );
      }
    }
  }
  return { rows, described };
}
