/**
 * The agent's wiring, in the order of the flow:
 *
 * ```
 *  plan ─▶ schedule ─▶ sample (SNMP, ICMP, self) ─▶ collector ─▶ sealer ─▶ forwarding ─▶ broker
 * ```
 *
 * It measures from its first second with the plan it has on the disk; the broker may come when it comes.
 */
import { join } from 'node:path';
import {
  createLog,
  createMetrics,
  healthPart,
  loadInstallation,
  readEntry,
  readSealingKey,
  runUntilSignal,
  unsealText,
  type Part,
  type ServiceOptions,
} from '@kaiku/core';
import { createSealer } from './buffer/sealer.ts';
import { agentEntrySchema } from './config.ts';
import { createDiscovery } from './discover/discovery.ts';
import { createInventoryWatch } from './discover/inventory-watch.ts';
import { pings } from './discover/ping.ts';
import { createForwarding } from './forwarding.ts';
import { createListener } from './listen/listener.ts';
import { createPlanFollower } from './plan/plan-follower.ts';
import { createPlanOpener } from './plan/plan-opener.ts';
import { createAppChecks } from './sample/app/app-checks.ts';
import { Collector } from './sample/collector.ts';
import { createPinger } from './sample/icmp/pinger.ts';
import { createProber } from './sample/icmp/prober.ts';
import { createPathSampler } from './sample/path/path-sampler.ts';
import { selfSampler } from './sample/self.ts';
import type { Sampler } from './sample/sampler.ts';
import { createSnmpPoller } from './sample/snmp/poller.ts';

export async function main({ config, name }: ServiceOptions): Promise<void> {
  const installation = loadInstallation(config);
  const entry = readEntry(installation, 'agents', agentEntrySchema, name);
  const log = createLog({ role: 'agent', name, level: installation.logLevel });
  const metrics = createMetrics();
  const forwarding = createForwarding({
    installation,
    entry,
    log,
    metrics,
    onConnect: (broker) => {
      follower.attach(broker);
      discovery.attach(broker);
    },
  });
  const { buffer } = forwarding;
  const collector = new Collector(name);
  const inventory = createInventoryWatch({ file: join(forwarding.dir, 'inventory.json'), source: collector, log });
  const prober = createProber(log, metrics);
  const snmp = createSnmpPoller({
    collector,
    ...entry.snmp,
    profileFile: join(forwarding.dir, 'snmp-profiles.json'),
    metrics,
    log,
  });
  const samplers: readonly Sampler[] = [
    snmp,
    createPinger(collector, prober, log),
    createPathSampler(collector, prober, log),
    createAppChecks({ collector, inFlight: entry.apps.inFlight, metrics, log }),
  ];
  const listener =
    entry.listen === undefined
      ? undefined
      : createListener({
          config: entry.listen,
          dir: forwarding.dir,
          installationFile: config,
          record: (event, sealed) => collector.event(event, sealed),
          actions: snmp,
          metrics,
          log,
        });
  const sealer = createSealer({
    collector,
    buffer,
    sealEveryMs: entry.sealEveryMs,
    clockOffsetMs: forwarding.clockOffsetMs,
    takeMissed: () => samplers.reduce((missed, sampler) => missed + sampler.takeMissed(), 0),
    metrics,
    log,
  });
  const opener = createPlanOpener({ agent: name, privateKey: () => readSealingKey(installation, name), metrics });
  const follower = createPlanFollower({
    agent: name,
    file: join(forwarding.dir, 'plan.json'),
    opener,
    onPlan: (plan) => {
      for (const sampler of samplers) sampler.apply(plan);
      listener?.apply(plan);
      discovery.apply(plan);
      inventory.keep(new Set(plan.targets.map(({ entity }) => entity)));
    },
    log,
    metrics,
  });
  const discovery = createDiscovery({
    agent: name,
    unseal: (sealed) => unsealText(sealed, name, readSealingKey(installation, name) ?? ''),
    ping: (address) => pings(prober, address),
    log,
    metrics,
  });
  const health = healthPart({
    role: 'agent',
    name,
    metrics,
    listen: entry.health,
    broker: forwarding.broker,
    check: () => (follower.plan === undefined ? 'no plan yet: waiting for a logger to answer' : ''),
    note: () =>
      [forwarding.note(), opener.note(), ...samplers.map((each) => each.note()), listener?.note() ?? ''].find(
        (note) => note !== '',
      ) ?? '',
  });
  const figures = setInterval(() => {
    for (const sampler of samplers) sampler.report();
    metrics.set('slotLatenessMs', Math.max(...samplers.map((sampler) => sampler.takeLatenessMs())));
  }, FIGURES_EVERY_MS);
  const figuresPart: Part = {
    name: 'figures',
    start: () => Promise.resolve(),
    stop: () => {
      clearInterval(figures);
      return Promise.resolve();
    },
  };

  await runUntilSignal(
    [
      ...forwarding.parts,
      figuresPart,
      health,
      inventory,
      sealer,
      selfSampler(name, collector, metrics, log),
      ...samplers.flatMap(({ parts }) => parts),
      ...(listener === undefined ? [] : [listener]),
      discovery,
      follower,
    ],
    log,
  );
}

const FIGURES_EVERY_MS = 5000;
