/**
 * Everything of an agent before its buffer: what measures, what listens, and where both put what they found.
 *
 * ```
 *  plan ─▶ samplers: SNMP, ICMP, paths, application checks ─┐
 *     └──▶ listener: traps, syslog ── poll this one soon ──▶┼─▶ collector ─▶ (sealer)
 *          the agent itself ────────────────────────────────┤
 *          inventory: what changed? ◀── facts ──────────────┘
 * ```
 *
 * No kind of sampler knows of another; one that fails says so in its note and keeps none of the others from measuring.
 */
import { join } from 'node:path';
import type { AgentPlan } from '@kaiku/catalog/plan';
import type { Log, Metrics, Part } from '@kaiku/core';
import type { AgentEntry } from './config.ts';
import { createInventoryWatch } from './discover/inventory-watch.ts';
import { createListener } from './listen/listener.ts';
import { createAppChecks } from './sample/app/app-checks.ts';
import { Collector } from './sample/collector.ts';
import { createPinger } from './sample/icmp/pinger.ts';
import { createProber, type Prober } from './sample/icmp/prober.ts';
import { createPathSampler } from './sample/path/path-sampler.ts';
import { selfSampler } from './sample/self.ts';
import type { Sampler } from './sample/sampler.ts';
import { createSnmpPoller } from './sample/snmp/poller.ts';

const FIGURES_EVERY_MS = 5000;

export interface SamplingOptions {
  readonly entry: AgentEntry;
  /** The agent's own folder. */
  readonly dir: string;
  /** Files named in `listen` are relative to it. */
  readonly installationFile: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Sampling {
  readonly collector: Collector;
  /** Also for discovery, which pings what does not speak SNMP. */
  readonly prober: Prober;
  /** In the order of their start. */
  readonly parts: readonly Part[];
  apply(plan: AgentPlan): void;
  /** Slots missed since the last call. */
  takeMissed(): number;
  /** What hurts, for the health report; empty when nothing does. */
  note(): string;
}

export function createSampling({ entry, dir, installationFile, metrics, log }: SamplingOptions): Sampling {
  const { name } = entry;
  const collector = new Collector(name);
  const inventory = createInventoryWatch({ file: join(dir, 'inventory.json'), source: collector, log });
  const prober = createProber(log, metrics);
  const profileFile = join(dir, 'snmp-profiles.json');
  const snmp = createSnmpPoller({ collector, ...entry.snmp, profileFile, metrics, log });
  const samplers: readonly Sampler[] = [
    snmp,
    createPinger({ collector, prober, routeFile: join(dir, 'icmp-routes.json'), log }),
    createPathSampler({ collector, prober, file: join(dir, 'path-usual.json'), log }),
    createAppChecks({ collector, inFlight: entry.apps.inFlight, metrics, log }),
  ];
  const listener =
    entry.listen === undefined
      ? undefined
      : createListener({
          config: entry.listen,
          dir,
          installationFile,
          record: (event, sealed) => collector.event(event, sealed),
          actions: snmp,
          metrics,
          log,
        });

  return {
    collector,
    prober,
    parts: [
      figuresPart(samplers, metrics),
      inventory,
      selfSampler(name, collector, metrics, log),
      ...samplers.flatMap(({ parts }) => parts),
      ...(listener === undefined ? [] : [listener]),
    ],
    apply: (plan) => {
      for (const sampler of samplers) sampler.apply(plan);
      listener?.apply(plan);
      inventory.keep(new Set(plan.targets.map(({ entity }) => entity)));
    },
    takeMissed: () => samplers.reduce((missed, sampler) => missed + sampler.takeMissed(), 0),
    note: () => [...samplers.map((each) => each.note()), listener?.note() ?? ''].find((note) => note !== '') ?? '',
  };
}

function figuresPart(samplers: readonly Sampler[], metrics: Metrics): Part {
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'figures',
    start: () => {
      timer = setInterval(() => {
        for (const sampler of samplers) sampler.report();
        metrics.set('slotLatenessMs', Math.max(...samplers.map((sampler) => sampler.takeLatenessMs())));
      }, FIGURES_EVERY_MS);
      return Promise.resolve();
    },
    stop: () => {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}
