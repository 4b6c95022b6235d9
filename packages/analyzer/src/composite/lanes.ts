/**
 * The two kinds of windows and how each is computed from the store's raw data. `WindowWork` decides what is due and
 * writes; availability always goes before averages. The same data gives the same rows, whoever computes them.
 */
import { seriesId, type SeriesDescription } from '@kaiku/protocol';
import type { DerivedRow } from '@kaiku/store';
import { readRaw } from '../read/reader.ts';
import { NO_READINGS } from '../read/readings.ts';
import type { SeriesIndex } from '../read/series-index.ts';
import type { StoreReader } from '../read/store-reader.ts';
import type { WatchedDevice } from '../read/watch-plan.ts';
import { availabilityMarginMs } from './availability.ts';
import { windowOf } from './progress.ts';
import { availabilityRows, averageRows, WINDOW_MS, type WindowResult } from './window-rows.ts';

export interface ComputedWindows {
  readonly rows: readonly WindowResult[];
  readonly described: readonly SeriesDescription[];
}

export interface Lane {
  readonly name: 'availability' | 'averages';
  /** Most windows and series of one task: they bound what is read and held at once. */
  readonly windowsPerTask: number;
  readonly seriesPerTask: number;
  /** Series to read for a device; 0: nothing to do for it. */
  weight(device: WatchedDevice, index: SeriesIndex): number;
  /** Windows `from` to `to`, inclusive. @throws StoreError */
  compute(
    pool: StoreReader,
    index: SeriesIndex,
    devices: readonly WatchedDevice[],
    from: number,
    to: number,
  ): Promise<ComputedWindows>;
  /** By device, derived series whose stored rows show which windows are done. */
  probes(devices: readonly WatchedDevice[], index: SeriesIndex): readonly (readonly bigint[])[];
}

function availabilitySeries(entity: string): SeriesDescription {
  return { entity, metric: 'availability', instance: '', kind: 'derived' };
}

function averageSeries(entity: string, metric: string, instance: string): SeriesDescription {
  return { entity, metric, instance, kind: 'derived' };
}

/** How far around windows of these devices samples count. */
export function marginOf(devices: readonly WatchedDevice[]): number {
  const longest = devices
    .flatMap(({ proofs }) => proofs.flatMap(({ series }) => series.map(({ everyMs }) => everyMs)))
    .reduce((most, each) => Math.max(most, each), 0);
  return availabilityMarginMs(longest);
}

/** Interfaces of a device by whose rows its progress is known; some never give any (no speed). */
const PROBED_INSTANCES = 4;

const availability: Lane = {
  name: 'availability',
  windowsPerTask: 288,
  seriesPerTask: 100,
  weight: (device) => device.proofs.reduce((sum, { series }) => sum + series.length, 0),
  compute: async (pool, _index, devices, from, to) => {
    const fromMs = from * WINDOW_MS;
    const windows = to - from + 1;
    const ids = devices.flatMap(({ proofs }) => proofs.flatMap(({ series }) => series.map(({ id }) => id)));
    const marginMs = marginOf(devices);
    const range = { fromMs: fromMs - marginMs, toMs: fromMs + windows * WINDOW_MS + marginMs };
    const raw = await readRaw(pool, { ids, ...range }, { ids: [], ...range });
    const described = devices.map(({ id }) => availabilitySeries(id));
    const rows = devices.flatMap((device) => {
      const proofs = device.proofs.map(({ series }) =>
        series.map(({ id, everyMs }) => ({ readings: raw.gauges.get(id) ?? NO_READINGS, everyMs })),
      );
      return availabilityRows(seriesId(availabilitySeries(device.id)), proofs, fromMs, windows);
    });
    return { rows, described };
  },
  probes: (devices) => devices.map(({ id }) => [seriesId(availabilitySeries(id))]),
};

const averages: Lane = {
  name: 'averages',
  windowsPerTask: 72,
  seriesPerTask: 400,
  weight: (device, index) => device.averages.reduce((sum, { of }) => sum + index.of(device.id, of).length, 0),
  compute: async (pool, index, devices, from, to) => {
    const fromMs = from * WINDOW_MS;
    const windows = to - from + 1;
    const counters = new Set<bigint>();
    const gauges = new Set<bigint>();
    for (const { id: entity, averages: computed } of devices) {
      for (const { of, against } of computed) {
        for (const { id } of index.of(entity, of)) counters.add(id);
        for (const { id } of index.of(entity, against)) gauges.add(id);
      }
    }
    const range = { fromMs: fromMs - WINDOW_MS, toMs: fromMs + (windows + 1) * WINDOW_MS };
    const raw = await readRaw(pool, { ids: [...gauges], ...range }, { ids: [...counters], ...range });
    const rows: WindowResult[] = [];
    const described: SeriesDescription[] = [];
    for (const { id: entity, averages: computed } of devices) {
      for (const metric of computed) {
        const others = new Map(index.of(entity, metric.against).map(({ instance, id }) => [instance, id]));
        for (const { id, instance } of index.of(entity, metric.of)) {
          const steps = raw.counters.get(id);
          const against = raw.gauges.get(others.get(instance) ?? 0n);
          if (steps === undefined || against === undefined) continue;
          const description = averageSeries(entity, metric.name, instance);
          const made = averageRows(seriesId(description), metric, steps, against, fromMs, windows);
          if (made.length > 0) described.push(description);
          for (const row of made) rows.push(row);
        }
      }
    }
    return { rows, described };
  },
  probes: (devices, index) =>
    devices.map(({ id, averages: [first] }) =>
      first === undefined
        ? []
        : index
            .of(id, first.of)
            .slice(0, PROBED_INSTANCES)
            .map(({ instance }) => seriesId(averageSeries(id, first.name, instance))),
    ),
};

/** In order of urgency. */
export const LANES: readonly Lane[] = [availability, averages];

/** Devices of a lane, in groups that one task may hold. */
export function groupDevices(
  lane: Lane,
  devices: readonly WatchedDevice[],
  index: SeriesIndex,
): readonly (readonly WatchedDevice[])[] {
  const groups: WatchedDevice[][] = [];
  let current: WatchedDevice[] = [];
  let weight = 0;
  for (const device of devices) {
    const own = lane.weight(device, index);
    if (own === 0) continue;
    if (current.length > 0 && weight + own > lane.seriesPerTask) {
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

/** Windows from `from` to `to` of which some device has no final row. */
export function missingWindows(
  probes: readonly (readonly bigint[])[],
  stored: readonly DerivedRow[],
  from: number,
  to: number,
): readonly number[] {
  const deviceOf = new Map(probes.flatMap((ids, device) => ids.map((id) => [id, device] as const)));
  const width = to - from + 1;
  const done = new Uint8Array(width * probes.length);
  for (const { series, ts, windowMs, final } of stored) {
    const device = deviceOf.get(series);
    const at = windowOf(ts) - from;
    if (device !== undefined && final && windowMs === WINDOW_MS && at >= 0 && at < width) done[device * width + at] = 1;
  }
  const out: number[] = [];
  for (let at = 0; at < width; at += 1) {
    if (probes.some((_, device) => done[device * width + at] === 0)) out.push(from + at);
  }
  return out;
}
