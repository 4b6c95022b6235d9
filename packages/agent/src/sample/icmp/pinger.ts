/** All ICMP targets of a plan: turns it into lanes; one burst at a time for each target. */
import type { Log } from '@kaiku/core';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { LanePlan } from '../../schedule/lane.ts';
import type { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { IcmpTarget, type IcmpCheck } from './icmp-target.ts';
import type { Prober } from './prober.ts';
import { RouteWatch } from './route-watch.ts';

/** Bursts at once: the prober needs some 200 bytes for each. */
const MAX_BURSTS = 2000;

interface IcmpCheckEntry {
  readonly key: string;
  readonly everyMs: number;
  readonly plan: IcmpCheck;
}

export interface PingerOptions {
  readonly collector: Collector;
  readonly prober: Prober;
  /** Where routes are kept over a restart; undefined: nowhere. */
  readonly routeFile?: string;
  readonly log: Log;
}

export function createPinger({ collector, prober, routeFile, log }: PingerOptions): Sampler {
  const routes = new RouteWatch({ collector, prober, log, file: routeFile });
  const targets = new Map<string, { readonly address: string; readonly target: IcmpTarget }>();

  const scheduler = createScheduler<IcmpCheckEntry>({
    name: 'ICMP schedule',
    maxRunning: MAX_BURSTS,
    log,
    run: async (lane, { slotMs, checks }) => {
      const entry = targets.get(lane.target);
      for (const { plan } of checks) await entry?.target.probe(slotMs, plan);
    },
  });

  return {
    parts: [prober, routes.memory, scheduler],
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    report: () => prober.report(),
    note: () => {
      const note = prober.note();
      if (note !== '') return note;
      const refused = [...targets.values()].flatMap(({ target }) => (target.refusal === '' ? [] : [target.refusal]));
      const [first = ''] = refused;
      return first === '' ? '' : `${refused.length} targets cannot be pinged from this machine (${first}): unobserved`;
    },
    apply: (plan) => {
      const lanes: LanePlan<IcmpCheckEntry>[] = [];
      for (const { entity, address, checks } of plan.targets) {
        const icmp = checks.flatMap((check) =>
          check.check === 'icmp' ? [{ key: JSON.stringify(check), everyMs: check.everyMs, plan: check }] : [],
        );
        if (icmp.length === 0) continue;
        lanes.push({ id: `icmp/${entity}`, target: entity, checks: icmp });
        if (targets.get(entity)?.address !== address) {
          targets.set(entity, {
            address,
            target: new IcmpTarget(entity, address, { collector, prober, watch: routes.watch(entity) }),
          });
        }
      }
      const wanted = new Set(lanes.map(({ target }) => target));
      for (const entity of targets.keys()) if (!wanted.has(entity)) targets.delete(entity);
      routes.keep(wanted);
      scheduler.setLanes(lanes);
    },
  };
}
