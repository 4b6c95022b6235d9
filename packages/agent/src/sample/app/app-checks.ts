/**
 * All application checks of a plan: a lane each, so that a slow check delays no other, not even of the same device.
 * The checks of a device share their slots: what proves a service is there is then asked at one moment.
 */
import { isAppCheck, type AgentPlan } from '@kaiku/catalog/plan';
import type { Log, Metrics } from '@kaiku/core';
import type { LanePlan } from '../../schedule/lane.ts';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { CheckRunner } from './check-runner.ts';

export interface AppCheckOptions {
  readonly collector: Collector;
  /** Checks under way at once. */
  readonly inFlight: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface AppCheckEntry {
  readonly key: string;
  readonly everyMs: number;
  readonly runner: CheckRunner;
}

export function createAppChecks({ collector, inFlight, metrics, log }: AppCheckOptions): Sampler {
  /** By lane: a check that is the same after a change of plan keeps its series. */
  let entries = new Map<string, AppCheckEntry>();

  const scheduler = createScheduler<AppCheckEntry>({
    name: 'application check schedule',
    maxRunning: inFlight,
    log,
    run: async (_lane, { slotMs, checks }) => {
      for (const { runner } of checks) await runner.run(slotMs);
    },
  });

  const apply = ({ targets }: AgentPlan): void => {
    const next = new Map<string, AppCheckEntry>();
    const lanes: LanePlan<AppCheckEntry>[] = [];
    for (const { entity, checks } of targets) {
      for (const check of checks) {
        if (!isAppCheck(check)) continue;
        const id = `app/${entity}/${check.id}`;
        const key = JSON.stringify(check);
        const known = entries.get(id);
        const entry =
          known?.key === key
            ? known
            : { key, everyMs: check.everyMs, runner: new CheckRunner(entity, check, collector) };
        next.set(id, entry);
        lanes.push({ id, target: entity, checks: [entry] });
      }
    }
    for (const [id, { runner }] of entries) if (!next.has(id)) runner.end();
    entries = next;
    scheduler.setLanes(lanes);
  };

  return {
    parts: [scheduler],
    apply,
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    report: () => metrics.set('appChecksRunning', scheduler.running),
    note: () => '',
  };
}
