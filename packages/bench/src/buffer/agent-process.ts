/**
 * An agent as a process of its own that polls simulated devices answered by this one, and what the system says of its
 * memory and processor time and those of its prober.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentNodeFlags } from '@kaiku/agent/config';
import { buildDemoOffices, createResponder, startNats, type SimDevice } from '@kaiku/testkit';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { childrenOf, cpuSeconds, memoryMib } from '../proc.ts';
import { AGENT, DEVICES, SERIES_PER_DEVICE } from './data.ts';

const SNMP_PORT = 20_501;
const EVERY_MS = 60_000;
/** Starting up is nobody's steady state. */
const SETTLE_MS = 15_000;
const MEASURE_MS = 60_000;
/** ifHCInOctets, ifHCOutOctets as counters; ifOperStatus and ifSpeed as gauges. */
const COLUMNS = [
  ['counter', '1.3.6.1.2.1.31.1.1.1.6'],
  ['counter', '1.3.6.1.2.1.31.1.1.1.10'],
  ['gauge', '1.3.6.1.2.1.2.2.1.8'],
  ['gauge', '1.3.6.1.2.1.2.2.1.5'],
] as const;

export async function measureAgent(progress: BenchOptions['progress']): Promise<Readonly<Record<string, number>>> {
  const devices = manyDevices();
  const responder = createResponder({ devices, port: SNMP_PORT });
  const nats = await startNats();
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-bench-agent-'));
  let child: ChildProcess | undefined;
  try {
    await responder.start();
    child = startAgent(dir, nats.url, devices);
    const { pid } = child;
    if (pid === undefined) throw new BenchError('the agent did not start');
    progress(`agent: polling ${DEVICES} devices for ${(SETTLE_MS + MEASURE_MS) / 1000} s`);
    await sleep(SETTLE_MS);
    const before = { seconds: cpuSeconds(pid), answered: responder.answered() };
    await sleep(MEASURE_MS);
    const pids = [pid, ...childrenOf(pid)];
    const sum = (read: (pid: number) => number): number => pids.reduce((all, each) => all + read(each), 0);
    const answered = responder.answered() - before.answered;
    if (answered < DEVICES / 2) throw new BenchError(`the agent asked only ${answered} times`);
    return {
      agent_resident_mib: memoryMib(pid, 'status', 'VmRSS'),
      prober_resident_mib: sum((each) => memoryMib(each, 'status', 'VmRSS')) - memoryMib(pid, 'status', 'VmRSS'),
      // Each shared page counted once among those that share it: what both really take.
      both_proportional_mib: sum((each) => memoryMib(each, 'smaps_rollup', 'Pss')),
      agent_cpu_percent: ((cpuSeconds(pid) - before.seconds) / (MEASURE_MS / 1000)) * 100,
      polls_answered: answered,
    };
  } finally {
    if (child?.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await responder.stop();
    await nats.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** One switch of the demo at a thousand addresses. */
function manyDevices(): readonly SimDevice[] {
  const all = buildDemoOffices(Date.now() - 86_400_000).flatMap((office) => office.devices);
  const model = all.find((device) => indexes(device).length >= SERIES_PER_DEVICE / COLUMNS.length);
  if (model === undefined) throw new BenchError('no simulated device has enough interfaces');
  return Array.from({ length: DEVICES }, (_, index) => ({
    ...model,
    id: `switch-${index}`,
    address: `127.50.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  }));
}

function indexes({ mib }: SimDevice): readonly string[] {
  const column = `${COLUMNS[0][1]}.`;
  return mib.entries.filter(({ name }) => name.startsWith(column)).map(({ name }) => name.slice(column.length));
}

function startAgent(dir: string, broker: string, devices: readonly SimDevice[]): ChildProcess {
  const config = join(dir, 'kaiku.yaml');
  writeFileSync(
    config,
    `version: 1\ninstallation: Bench\ndataDir: data\nlogLevel: error\nbroker: { url: ${broker} }\n` +
      `agents:\n  - { name: ${AGENT} }\n`,
  );
  const data = join(dir, 'data', 'agent', AGENT);
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'plan.json'), JSON.stringify(planOf(devices)));
  const entry = JSON.stringify(import.meta.resolve('@kaiku/agent/main'));
  const script = join(dir, 'agent.mjs');
  writeFileSync(script, `import { main } from ${entry}; await main(${JSON.stringify({ config, name: AGENT })});`);
  return spawn(process.execPath, [...agentNodeFlags({ memoryMiB: 256 }), script], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, KAIKU_SUPERVISED: '1' },
  });
}

function planOf(devices: readonly SimDevice[]): unknown {
  return {
    v: 1,
    agent: AGENT,
    revision: 1,
    targets: devices.map((device) => ({
      entity: device.id,
      address: device.address,
      snmp: { version: '2c', port: SNMP_PORT, community: device.community },
      checks: [
        {
          check: 'snmp-get',
          everyMs: EVERY_MS,
          facts: [],
          metrics: indexes(device)
            .slice(0, SERIES_PER_DEVICE / COLUMNS.length)
            .flatMap((index) =>
              COLUMNS.map(([kind, oid], column) => ({
                name: `port${index}Column${column}`,
                kind,
                oid: `${oid}.${index}`,
              })),
            ),
        },
      ],
    })),
  };
}
