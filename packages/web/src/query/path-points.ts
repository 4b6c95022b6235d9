/** The points of a path for its page, nearest first, with what was last measured at each. Pure. */
import type { DescribedDevice, Path } from '@kaiku/catalog';
import type { DeviceDetails, Reading } from './device.ts';
import type { Scope } from './directory.ts';

export interface PathPoint {
  /** Counted from 1, as in the metric `pathBlame`. */
  readonly number: number;
  /** undefined: not for this person to see. */
  readonly entry: DescribedDevice | undefined;
  /** ms; without a value: it did not answer. undefined: not measured lately. */
  readonly rtt: Reading | undefined;
  /** ms it adds to the point before; undefined where one of the two did not answer. */
  readonly added: Reading | undefined;
  /** 0 to 1, of pings to itself. */
  readonly loss: Reading | undefined;
}

export interface PathPoints {
  readonly points: readonly PathPoint[];
  /** Number of the point to blame; 0: none, undefined: not known. */
  readonly blamed: number | undefined;
  readonly cause: 'loss' | 'delay' | undefined;
}

/** So many slots may be missing. */
const KEPT_SLOTS = 5;
const LEAST_KEPT_MS = 300_000;

/** undefined: it is no path. `details` undefined: no store answers. */
export function pathPoints(
  paths: readonly Path[],
  entity: string,
  {
    scope,
    details,
    nowMs,
  }: { readonly scope: Scope; readonly details: DeviceDetails | undefined; readonly nowMs: number },
): PathPoints | undefined {
  const path = paths.find(({ id }) => id === entity);
  if (path === undefined) return undefined;
  const keptMs = Math.max(LEAST_KEPT_MS, KEPT_SLOTS * path.everyMs);
  const reading = (metric: string, instance = ''): Reading | undefined => {
    const found = details?.reading(metric, instance);
    return found === undefined || nowMs - found.ts > keptMs ? undefined : found;
  };
  const visible = new Map(scope.devices.map((entry) => [entry.device.id, entry]));
  const points = path.points.map((id, index) => {
    const rtt = reading('hopRtt', id);
    const added = reading('hopDelay', id);
    return {
      number: index + 1,
      entry: visible.get(id),
      rtt,
      added: added?.ts === rtt?.ts ? added : undefined,
      loss: reading('hopLoss', id),
    };
  });
  const blamed = reading('pathBlame')?.value;
  const cause = /\((loss|delay)\)$/.exec(details?.fact('pathBlame') ?? '')?.[1];
  return { points, blamed, cause: cause === 'loss' || cause === 'delay' ? cause : undefined };
}
