/**
 * Ten thousand devices on one agent, once all well and once with silent, slow and lying ones among them: processor, memory,
 * slots missed, spread of the starts, and how late the well ones are asked, seen from the devices. No peer.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { slotOffsetMs } from '@kaiku/agent/slots';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { describeMachine } from '../machine.ts';
import { childrenOf, cpuSeconds, memoryMib } from '../proc.ts';
import type { BenchResult } from '../result.ts';
import { EVERY_MS, fleetPlan, startFleetAgent } from './agent.ts';
import type { FleetOrder, FleetReport } from './fleet-sim.ts';
import { kindOf, nameOf, type Faults } from './kinds.ts';
import { lateness, peakOfStarts } from './lateness.ts';

const DEVICES = 10_000;
const QUICK_DEVICES = 2000;
/** Of 10,000. */
const FAULTS: Faults = { silent: 300, slow: 50, lying: 20 };
const NO_FAULTS: Faults = { silent: 0, slow: 0, lying: 0 };
/** The first cycle of every device, and what starting up costs, are nobody's steady state. */
const SETTLE_MS = EVERY_MS + 20_000;
const CYCLES = 3;

export async function benchFleet({ quick, devices, progress }: BenchOptions): Promise<BenchResult> {
  const machine = describeMachine();
  const many = devices ?? (quick ? QUICK_DEVICES : DEVICES);
  const share = (count: number): number => Math.round((count * many) / DEVICES);
  const faults = { silent: share(FAULTS.silent), slow: share(FAULTS.slow), lying: share(FAULTS.lying) };
  const cycles = quick ? 1 : CYCLES;
  const well = await run(many, NO_FAULTS, cycles, 'all are well', progress);
  const hurt = await run(
    many,
    faults,
    cycles,
    `${faults.silent} silent, ${faults.slow} slow, ${faults.lying} lie`,
    progress,
  );
  return {
    bench: 'fleet',
    machine,
    ours: { devices: many, ...prefixed('well', well), ...prefixed('with_faults', hurt) },
    peers: {},
    ratio: {},
  };
}

const prefixed = (prefix: string, figures: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}_${name}`, value]));

async function run(
  devices: number,
  faults: Faults,
  cycles: number,
  what: string,
  progress: BenchOptions['progress'],
): Promise<Readonly<Record<string, number>>> {
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-bench-fleet-'));
  const sim = fork(join(import.meta.dirname, 'fleet-sim.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const plan = fleetPlan(devices);
  let agent: ReturnType<typeof startFleetAgent> | undefined;
  try {
    await ask(sim, { order: 'open', devices, faults }, 'open');
    agent = startFleetAgent(dir, plan);
    const { pid } = agent;
    progress(`${devices} devices, ${what}: ${Math.round((SETTLE_MS + cycles * EVERY_MS) / 1000)} s`);
    await sleep(SETTLE_MS);
    const before = await agent.figures();
    const [prober] = childrenOf(pid);
    const cpu = (): number => cpuSeconds(pid);
    const proberCpu = (): number => (prober === undefined ? 0 : cpuSeconds(prober));
    const [cpuBefore, proberBefore] = [cpu(), proberCpu()];
    order(sim, { order: 'begin' });
    const fromMs = Date.now();
    let mostMib = 0;
    for (let left = cycles * EVERY_MS; left > 0; left -= 5000) {
      await sleep(Math.min(left, 5000));
      mostMib = Math.max(mostMib, memoryMib(pid, 'status', 'VmRSS'));
    }
    const seconds = (Date.now() - fromMs) / 1000;
    const [cpuSpent, proberSpent] = [cpu() - cpuBefore, proberCpu() - proberBefore];
    const after = await agent.figures();
    const { asked, requests } = await ask(sim, { order: 'end' }, 'seen');
    const window = { fromMs, toMs: fromMs + seconds * 1000 };
    const well = asked.flatMap((_, index) => (kindOf(index, devices, faults) === 'well' ? [index] : []));
    const late = lateness(
      well.map((index) => asked[index] ?? []),
      well.map((index) => slotOffsetMs(nameOf(index), EVERY_MS)),
      EVERY_MS,
      window,
    );
    const since = (name: string): number => {
      const [then, now] = [before[name], after[name]];
      if (then === undefined || now === undefined) throw new BenchError(`the agent tells no ${name}`);
      return now - then;
    };
    return {
      agent_cpu_percent: (cpuSpent / seconds) * 100,
      prober_cpu_percent: (proberSpent / seconds) * 100,
      agent_resident_mib: mostMib,
      prober_resident_mib: prober === undefined ? Number.NaN : memoryMib(prober, 'status', 'VmRSS'),
      samples_per_s: since('kaiku_sealed_samples') / seconds,
      requests_per_s: requests / seconds,
      slots_missed: since('kaiku_slots_missed'),
      well_cycles: late.cycles,
      well_slots_missed: late.missed,
      starts_peak_to_mean: peakOfStarts(asked, EVERY_MS),
      late_median_ms: late.medianMs,
      late_99_ms: late.p99Ms,
      late_999_ms: late.p999Ms,
      late_most_ms: late.mostMs,
    };
  } finally {
    await agent?.stop();
    if (sim.exitCode === null) {
      sim.disconnect();
      await once(sim, 'exit');
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

const order = (sim: ChildProcess, what: FleetOrder): void => void sim.send(what);

/** @throws BenchError when the devices' process ends */
async function ask<R extends FleetReport['report']>(
  sim: ChildProcess,
  what: FleetOrder,
  answer: R,
): Promise<Extract<FleetReport, { report: R }>> {
  order(sim, what);
  for (;;) {
    const [message] = (await Promise.race([
      once(sim, 'message'),
      once(sim, 'exit').then(() => {
        throw new BenchError('the process of the devices ended');
      }),
    ])) as [FleetReport];
    if (message.report === answer) return message as Extract<FleetReport, { report: R }>;
  }
}
