/** The probers that are compared: ours as the agent starts it, and fping. Both send one stream of packets and tell every round-trip time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createLog, createMetrics } from '@kaiku/core';
import { createProber } from '@kaiku/agent/prober';
import { BenchError } from '../errors.ts';
import { cpuSeconds } from '../proc.ts';
import { throughNear } from './namespaces.ts';

/** After so long a packet is lost. */
const TIMEOUT_MS = 500;

export interface Stream {
  readonly address: string;
  readonly packetsPerS: number;
  readonly packets: number;
}

export interface Told {
  /** ms in the order sent; null for a lost packet. */
  readonly rtts: readonly (number | null)[];
  /** The prober held itself up: answered, but its time is left out. */
  readonly tainted: ReadonlySet<number>;
  /** Processor time of the run, s. */
  readonly cpuS: number;
}

export interface StreamProber {
  probe(stream: Stream): Promise<Told>;
  stop(): Promise<void>;
}

export async function ourProber(): Promise<StreamProber> {
  const log = createLog({ role: 'agent', name: 'bench', level: 'error' });
  const prober = createProber(log, createMetrics(), { through: throughNear });
  await prober.start();
  const burst = { address: '127.0.0.1', packets: 1, spacingMs: 1, timeoutMs: TIMEOUT_MS };
  while ((await prober.burst(burst)) === undefined) {
    if (!prober.available) throw new BenchError('our prober has no right to raw sockets');
    await new Promise((wait) => setTimeout(wait, 20));
  }
  return {
    probe: async ({ address, packetsPerS, packets }) => {
      const pid = prober.pid ?? 0;
      const before = cpuSeconds(pid);
      const result = await prober.burst({ address, packets, spacingMs: 1000 / packetsPerS, timeoutMs: TIMEOUT_MS });
      if (result === undefined) throw new BenchError('our prober did not answer');
      const tainted = result.fates.flatMap((fate, index) => (fate === 'tainted' ? [index] : []));
      return { rtts: result.rtts, tainted: new Set(tainted), cpuS: cpuSeconds(pid) - before };
    },
    stop: () => prober.stop(),
  };
}

/** Of the system; not one of our packages. */
const FPING = 'fping';

/** Undefined where fping is not installed. */
export async function fpingProber(): Promise<StreamProber | undefined> {
  const child = spawn(FPING, ['-v'], { stdio: 'ignore' });
  const there = await Promise.race([once(child, 'exit').then(() => true), once(child, 'error').then(() => false)]);
  return there ? { probe: fping, stop: () => Promise.resolve() } : undefined;
}

async function fping({ address, packetsPerS, packets }: Stream): Promise<Told> {
  const options = ['-q', '-C', packets, '-p', 1000 / packetsPerS, '-i', '0.01', '-t', TIMEOUT_MS, address].map(String);
  // Its shell tells what it has used once it has ended.
  const [command, ...args] = [...throughNear, 'bash', '-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', FPING, ...options];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  const [line = '', times = ''] = said.trimEnd().split('\n').slice(-2);
  const rtts = line
    .replace(/^\S+\s*:\s*/, '')
    .split(/\s+/)
    .map((word) => (word === '-' ? null : Number(word)));
  if (rtts.length !== packets)
    throw new BenchError(`fping told ${rtts.length} of ${packets} packets: ${said.slice(0, 200)}`);
  const cpuS = times.split(' ').reduce((sum, each) => sum + Number(each), 0);
  return { rtts, tainted: new Set(), cpuS };
}
