/** The agent of a fleet, as a process of its own with the flags of an installation, its plan on its disk, no broker. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentNodeFlags } from '@kaiku/agent/config';
import { catalogSchema, compilePlan, type AgentPlan } from '@kaiku/catalog';
import { BenchError } from '../errors.ts';
import { addressOf, nameOf } from './kinds.ts';
import { FLEET_COMMUNITY, FLEET_PORT } from './model.ts';

export const EVERY_MS = 60_000;
const AGENT = 'agent-fleet';
const HEALTH = '127.0.0.1:20602';
const MEMORY_MIB = 1536;
const TEMPLATE = 'access-switch';

/** What an office of that many switches would be given: ICMP bursts, the system group and all interfaces each minute. */
export function fleetPlan(devices: number): AgentPlan {
  const place = { site: 'lab', agency: 'lab', template: TEMPLATE, agents: [AGENT] };
  const snmp = { version: '2c', port: FLEET_PORT, community: FLEET_COMMUNITY } as const;
  return compilePlan(
    catalogSchema.parse({
      version: 1,
      agencies: [{ id: 'lab', name: 'Lab' }],
      sites: [{ id: 'lab', name: 'Lab', country: 'FI', locality: 'Helsinki' }],
      devices: Array.from({ length: devices }, (_, index) => ({
        id: nameOf(index),
        nick: nameOf(index),
        address: addressOf(index),
        everyMs: EVERY_MS,
        snmp,
        ...place,
      })),
    }),
    AGENT,
    1,
  );
}

export interface FleetAgent {
  readonly pid: number;
  /** Its own figures. */
  figures(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

export function startFleetAgent(dir: string, plan: AgentPlan): FleetAgent {
  const config = join(dir, 'kaiku.yaml');
  writeFileSync(
    config,
    `version: 1\ninstallation: Bench\ndataDir: data\nlogLevel: error\nbroker: { url: 'nats://127.0.0.1:1' }\n` +
      `agents:\n  - { name: ${AGENT}, health: '${HEALTH}', memoryMiB: ${MEMORY_MIB} }\n`,
  );
  const data = join(dir, 'data', 'agent', AGENT);
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'plan.json'), JSON.stringify(plan));
  const script = join(dir, 'agent.mjs');
  const entry = JSON.stringify(import.meta.resolve('@kaiku/agent/main'));
  writeFileSync(script, `import { main } from ${entry}; await main(${JSON.stringify({ config, name: AGENT })});`);
  const flags = agentNodeFlags({ memoryMiB: MEMORY_MIB });
  const profile = process.env['KAIKU_BENCH_PROFILE'];
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child: ChildProcess = spawn(process.execPath, [...flags, ...profiling, script], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, KAIKU_SUPERVISED: '1' },
  });
  return {
    pid: child.pid ?? 0,
    figures: async () => {
      if (child.exitCode !== null) throw new BenchError('the agent ended');
      const text = await (await fetch(`http://${HEALTH}/metrics`)).text();
      return Object.fromEntries(
        [...text.matchAll(/^(\w+)(?:\{[^}]*\})? ([-\d.e+]+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
      );
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
