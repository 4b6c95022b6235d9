/**
 * `kaiku bench snmp`: interface tables of the same devices, polled by our engine (collecting, sealing and writing to its
 * buffer included), by Debian's prometheus-snmp-exporter (scraped over HTTP) and by snmpbulkwalk, one after the other. The
 * devices are answered by a process of its own from memory; what counts is the processor time of who polls.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { describeMachine } from '../machine.ts';
import type { BenchResult } from '../result.ts';
import { bulkwalkInstalled, pollWithBulkwalk } from './bulkwalk.ts';
import { exporterInstalled, pollWithExporter } from './exporter.ts';
import { pollWithKaiku } from './kaiku.ts';
import { IN_FLIGHT, type PollRun, type Target } from './peer.ts';
import { truth } from './world.ts';

const PORT = 21_161;
const DEVICES = 100;
const SIZES = [5, 48] as const;
const RUN_MS = 10_000;
const QUICK_MS = 2500;

type Figures = Record<string, number>;

export async function benchSnmp({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const forMs = quick ? QUICK_MS : RUN_MS;
  const ours: Figures = { in_flight: IN_FLIGHT };
  const peers: Record<string, Figures> = {};
  const ratio: Figures = {};
  for (const ports of SIZES) {
    const responder = await startResponder(ports);
    const wanted = truth(DEVICES, ports);
    const measure = async (name: string, poll: () => Promise<PollRun>): Promise<number> => {
      progress(`${name}: ${DEVICES} devices with ${ports} interfaces for ${forMs / 1000} s`);
      const run = await poll();
      compare(name, run.values, wanted);
      Object.assign(name === 'kaiku' ? ours : (peers[name] ??= {}), figures(run, ports));
      return run.devices / run.cpuSeconds;
    };
    try {
      const kaiku = await measure('kaiku', () => pollWithKaiku(responder.target, forMs));
      const others: [string, () => Promise<PollRun>][] = [
        ...(exporterInstalled()
          ? (['columns', 'tables'] as const).map((walk): [string, () => Promise<PollRun>] => [
              `snmp_exporter_${walk}`,
              () => pollWithExporter(responder.target, forMs, walk),
            ])
          : []),
        ...(bulkwalkInstalled()
          ? [['snmpbulkwalk', () => pollWithBulkwalk(responder.target, forMs)] as [string, () => Promise<PollRun>]]
          : []),
      ];
      for (const [name, poll] of others) ratio[`${name}, ${ports} interfaces`] = kaiku / (await measure(name, poll));
    } finally {
      responder.stop();
    }
  }
  return { bench: 'snmp', machine: describeMachine(), ours, peers, ratio };
}

function figures({ devices, seconds, cpuSeconds, requests }: PollRun, ports: number): Figures {
  return {
    [`${ports}_ports_devices_per_s`]: devices / seconds,
    [`${ports}_ports_cpu_s`]: cpuSeconds,
    [`${ports}_ports_devices_per_cpu_s`]: devices / cpuSeconds,
    [`${ports}_ports_requests_a_device`]: requests / devices,
  };
}

/** Everybody must deliver every metric of every interface, with its value. */
function compare(name: string, values: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): void {
  for (const [key, value] of wanted) {
    if (values.get(key) !== value) throw new BenchError(`${name} says ${values.get(key)} of ${key}, which is ${value}`);
  }
}

async function startResponder(ports: number): Promise<{ readonly target: Target; readonly stop: () => void }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('./responder-process.ts')), String(DEVICES), String(ports), String(PORT)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true || first.value !== 'ready') throw new BenchError('the devices did not start');
  const answered = async (): Promise<number> => {
    child.kill('SIGUSR2');
    const line = await lines.next();
    return line.done === true ? Number.NaN : Number(line.value.split(' ')[1]);
  };
  return {
    target: { devices: DEVICES, ports, port: PORT, answered },
    stop: () => void child.kill('SIGTERM'),
  };
}
