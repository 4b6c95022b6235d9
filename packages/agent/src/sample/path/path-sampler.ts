/**
 * All paths of a plan: turns them into lanes of their own; shares the prober with the pings. What is usual at their points outlives a
 * restart.
 */
import type { PathPlan } from '@kaiku/catalog';
import type { Log } from '@kaiku/core';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { Collector } from '../collector.ts';
import type { Prober } from '../icmp/prober.ts';
import type { Sampler } from '../sampler.ts';
import { createMemory } from '../icmp/memory.ts';
import { pathKey, pathMemorySchema, PathTarget } from './path-target.ts';

/** Paths measured at once; each sends to all of its points. */
const MAX_PATHS = 200;

export interface PathSamplerOptions {
  readonly collector: Collector;
  readonly prober: Prober;
  /** Where what is usual is kept; undefined: nowhere. */
  readonly file?: string;
  readonly log: Log;
}

export function createPathSampler({ collector, prober, file, log }: PathSamplerOptions): Sampler {
  const paths = new Map<string, { readonly key: string; readonly plan: PathPlan; target?: PathTarget }>();
  const memory = createMemory({
    name: 'what is usual on paths',
    file,
    schema: pathMemorySchema,
    entries: () =>
      [...paths].flatMap(([entity, { target }]) => (target === undefined ? [] : [[entity, target.memory]])),
    log,
  });

  const scheduler = createScheduler({
    name: 'path schedule',
    maxRunning: MAX_PATHS,
    log,
    run: async (lane, { slotMs }) => {
      const path = paths.get(lane.target);
      if (path === undefined) return;
      // Not before the memory was read, which the start is for.
      path.target ??= new PathTarget(path.plan, { collector, prober, recall: (entity) => memory.recall(entity) });
      await path.target.probe(slotMs);
    },
  });

  return {
    // The prober is the pinger's to start.
    parts: [memory, scheduler],
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    report: () => undefined,
    note: () => '',
    apply: (plan) => {
      for (const path of plan.paths) {
        const key = pathKey(path);
        // What is usual at each point is learned anew only when the path is another one.
        if (paths.get(path.entity)?.key !== key) paths.set(path.entity, { key, plan: path });
      }
      const wanted = new Set(plan.paths.map(({ entity }) => entity));
      for (const entity of paths.keys()) {
        if (wanted.has(entity)) continue;
        paths.delete(entity);
        collector.forget(entity);
      }
      memory.keep(wanted);
      scheduler.setLanes(
        plan.paths.map((path) => ({
          id: `path/${path.entity}`,
          target: path.entity,
          checks: [{ key: pathKey(path), everyMs: path.everyMs }],
        })),
      );
    },
  };
}
