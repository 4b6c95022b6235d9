/**
 * The agent's wiring, in the order of the flow:
 *
 * ```
 *  plan ─▶ sampling (SNMP, ICMP, paths, application checks, traps, syslog) ─▶ sealer ─▶ forwarding ─▶ broker
 *     └──▶ discovery, on command
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
  type ServiceOptions,
} from '@kaiku/core';
import { createSealer } from './buffer/sealer.ts';
import { agentEntrySchema } from './config.ts';
import { createDiscovery } from './discover/discovery.ts';
import { pings } from './discover/ping.ts';
import { createForwarding } from './forwarding.ts';
import { createPlanFollower } from './plan/plan-follower.ts';
import { createPlanOpener } from './plan/plan-opener.ts';
import { createSampling } from './sampling.ts';

export async function main({ config, name }: ServiceOptions): Promise<void> {
  const installation = loadInstallation(config);
  const entry = readEntry(installation, 'agents', agentEntrySchema, name);
  const log = createLog({ role: 'agent', name, level: installation.logLevel });
  const metrics = createMetrics();
  const sealingKey = (): string | undefined => readSealingKey(installation, name);
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
  const { dir, buffer, clockOffsetMs } = forwarding;
  const sampling = createSampling({ entry, dir, installationFile: config, metrics, log });
  const { collector, prober } = sampling;
  const sealer = createSealer({
    collector,
    buffer,
    sealEveryMs: entry.sealEveryMs,
    clockOffsetMs,
    takeMissed: () => sampling.takeMissed(),
    metrics,
    log,
  });
  const discovery = createDiscovery({
    agent: name,
    unseal: (sealed) => unsealText(sealed, name, sealingKey() ?? ''),
    ping: (address) => pings(prober, address),
    log,
    metrics,
  });
  const opener = createPlanOpener({ agent: name, privateKey: sealingKey, metrics });
  const follower = createPlanFollower({
    agent: name,
    file: join(dir, 'plan.json'),
    opener,
    onPlan: (plan) => {
      sampling.apply(plan);
      discovery.apply(plan);
    },
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
    note: () => [forwarding, opener, sampling].map((each) => each.note()).find((note) => note !== '') ?? '',
  });

  await runUntilSignal([...forwarding.parts, health, sealer, ...sampling.parts, discovery, follower], log);
}
