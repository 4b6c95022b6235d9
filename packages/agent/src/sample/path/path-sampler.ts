/** All paths of a plan: turns them into lanes of their own; shares the prober with the pings. */
import type { PathPlan } from '@kaiku/catalog';
import type { Log } from '@kaiku/core';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { Collector } from '../collector.ts';
import type { Prober } from '../icmp/prober.ts';
import type { Sampler } from '../sampler.ts';
import { PathTarget } from './path-target.ts';

/** Paths measured at once; each sends to all of its points. */
const MAX_PATHS = 200;

export function createPathSampler(collector: Collector, prober: Prober, log: Log): Sampler {
  const paths = new Map<string, { readonly key: string; readonly target: PathTarget }>();

  const scheduler = createScheduler({
    name: 'path schedule',
    maxRunning: MAX_PATHS,
    log,
    run: async (lane, { slotMs }) => paths.get(lane.target)?.target.probe(slotMs),
  });

  return {
    // The prober is the pinger's to start.
    parts: [scheduler],
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    report: () => undefined,
    note: () => '',
    apply: (plan) => {
      for (const path of plan.paths) {
        const key = keyOf(path);
        // What is usual at each point is learned anew only when the path is another one.
        if (paths.get(path.entity)?.key !== key) {
          paths.set(path.entity, { key, target: new PathTarget(path, collector, prober) });
        }
      }
      const wanted = new Set(plan.paths.map(({ entity }) => entity));
      for (const entity of paths.keys()) {
        if (wanted.has(entity)) continue;
        paths.delete(entity);
        collector.forget(entity);
      }
      scheduler.setLanes(
        plan.paths.map((path) => ({
          id: `path/${path.entity}`,
          target: path.entity,
          checks: [{ key: keyOf(path), everyMs: path.everyMs }],
        })),
      );
    },
  };
}

const keyOf = (path: PathPlan): string => JSON.stringify({ ...path, everyMs: 0 });
