/** Response time of many devices over the last day, coarse: the sparkline of each row of a list. */
import { availabilitySeries, type DescribedDevice } from '@kaiku/catalog';
import { seriesId } from '@kaiku/protocol';
import type { Reader } from './reader.ts';

const STEP_MS = 30 * 60_000;
const STEPS = 48;

/** @throws UnavailableError */
export async function readResponses(
  reader: Reader,
  devices: readonly DescribedDevice[],
  nowMs: number,
): Promise<ReadonlyMap<string, Float64Array>> {
  const owners = new Map(
    devices.map(({ device, template }) => {
      // Of a service the first check that decides.
      const { metric, instance } = availabilitySeries(template)[0] ?? { metric: 'rtt', instance: '' };
      return [seriesId({ entity: device.id, metric, instance }), device.id];
    }),
  );
  if (owners.size === 0) return new Map();
  const toMs = Math.ceil(nowMs / STEP_MS) * STEP_MS;
  const grids = await reader.read('response times', (store) =>
    store.read.grid({
      series: [...owners.keys()].map((id) => ({ id, kind: 'gauge' })),
      fromMs: toMs - STEPS * STEP_MS,
      toMs,
      stepMs: STEP_MS,
    }),
  );
  return new Map(grids.map((grid) => [owners.get(grid.series) ?? '', grid.avg]));
}
