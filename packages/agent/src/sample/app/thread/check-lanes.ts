/**
 * The checks of a plan on their lanes: a lane each, so that a slow check delays no other, not even of the same device.
 * The checks of a device share their slots: what proves a service is there is then asked at one moment.
 */
import type { Log } from '@kaiku/core';
import type { LanePlan } from '../../../schedule/lane.ts';
import { createScheduler, type Scheduler } from '../../../schedule/scheduler.ts';
import { CheckRunner, type CheckSink } from '../check-runner.ts';
import type { CheckedTarget } from './messages.ts';

interface CheckEntry {
  readonly key: string;
  readonly everyMs: number;
  readonly runner: CheckRunner;
}

export interface CheckLanes {
  readonly scheduler: Scheduler<CheckEntry>;
  setTargets(targets: readonly CheckedTarget[]): void;
}

export function createCheckLanes(inFlight: number, sink: CheckSink, log: Pick<Log, 'warn' | 'error'>): CheckLanes {
  /** By lane: a check that is the same after a change of plan goes on. */
  let entries = new Map<string, CheckEntry>();

  const scheduler = createScheduler<CheckEntry>({
    name: 'application check schedule',
    maxRunning: inFlight,
    log,
    run: async (_lane, { slotMs, checks }) => {
      for (const { runner } of checks) await runner.run(slotMs);
    },
  });

  return {
    scheduler,
    setTargets: (targets) => {
      const next = new Map<string, CheckEntry>();
      const lanes: LanePlan<CheckEntry>[] = [];
      for (const { entity, checks } of targets) {
        for (const check of checks) {
          const id = `${entity}/${check.id}`;
          const key = JSON.stringify(check);
          const known = entries.get(id);
          const same = known?.key === key;
          if (!same) known?.runner.retire();
          const entry = same ? known : { key, everyMs: check.everyMs, runner: new CheckRunner(entity, check, sink) };
          next.set(id, entry);
          lanes.push({ id, target: entity, checks: [entry] });
        }
      }
      for (const [id, { runner }] of entries) if (!next.has(id)) runner.end();
      entries = next;
      scheduler.setLanes(lanes);
    },
  };
}
