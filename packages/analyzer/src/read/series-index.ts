/**
 * Which series the watched devices have: by device and metric, the instances and their ids. Read from the store and
 * read again every now and then, for new instances appear with the data.
 */
import type { SeriesInfo } from '@kaiku/store';
import type { Clock } from '../lease/clock.ts';
import { inputMetrics, type WatchedDevice } from './watch-plan.ts';
import type { StoreReader } from './store-reader.ts';

export interface SeriesRef {
  readonly id: bigint;
  readonly instance: string;
}

const REFRESH_MS = 20_000;
const NONE: readonly SeriesRef[] = [];

export class SeriesIndex {
  readonly #pool: StoreReader;
  readonly #clock: Clock;
  #byKey = new Map<string, readonly SeriesRef[]>();
  #readAtMs = -Infinity;
  #readFor = '';

  constructor(pool: StoreReader, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Reads when the devices are others than last time or the last reading is old. @throws StoreError */
  async refresh(devices: readonly WatchedDevice[]): Promise<void> {
    const wanted = devices.map((device) => device.id).join(' ');
    const nowMs = this.#clock.steadyMs();
    if (wanted === this.#readFor && nowMs - this.#readAtMs < REFRESH_MS) return;
    const metrics = [...new Set(devices.flatMap(inputMetrics))];
    const entities = devices.map((device) => device.id);
    const found =
      entities.length === 0 ? [] : await this.#pool.read((store) => store.read.series({ entities, metrics }));
    this.#byKey = grouped(found);
    this.#readFor = wanted;
    this.#readAtMs = nowMs;
  }

  /** Series of a metric of a device. */
  of(entity: string, metric: string): readonly SeriesRef[] {
    return this.#byKey.get(key(entity, metric)) ?? NONE;
  }
}

const key = (entity: string, metric: string): string => `${entity}\u001f${metric}`;

function grouped(found: readonly SeriesInfo[]): Map<string, readonly SeriesRef[]> {
  const out = new Map<string, SeriesRef[]>();
  for (const { entity, metric, instance, id } of found) {
    const name = key(entity, metric);
    const list = out.get(name);
    if (list === undefined) out.set(name, [{ id, instance }]);
    else list.push({ id, instance });
  }
  return out;
}
