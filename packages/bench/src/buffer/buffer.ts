/**
 * The agent's memory: how fast batches of two seconds of 1,000 devices are sealed onto the disk, each with its fsync, and
 * what a sample costs there, file and log and all, before and after the hour is packed; and what an agent takes that serves those devices. No peer: nothing else keeps sealed batches.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBuffer, type AgentBuffer } from '@kaiku/agent';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import type { BenchResult } from '../result.ts';
import { measureAgent } from './agent-process.ts';
import { AGENT, SEAL_EVERY_MS, sliceRows } from './data.ts';

/** An hour of sealing; the quick way ten minutes. */
const BATCHES = 1800;
const QUICK_BATCHES = 300;
const DAY_MS = 86_400_000;

export async function benchBuffer({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const machine = describeMachine();
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-bench-buffer-'));
  try {
    const sealed = await sealing(dir, quick ? QUICK_BATCHES : BATCHES, progress);
    // The agent's memory and processor time take over a minute to see, and the system's own figures of a process.
    const agent = quick || !existsSync('/proc/self/smaps_rollup') ? {} : await measureAgent(progress);
    return { bench: 'buffer', machine, ours: { ...sealed, ...agent }, peers: {}, ratio: {} };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function sealing(dir: string, batches: number, progress: BenchOptions['progress']): Promise<BenchResult['ours']> {
  const nowMs = sliceRows(0).atMs + DAY_MS;
  const options = { dir, agent: AGENT, maxDays: 3660, maxDiskPercent: 100, batchVersion: 2 } as const;
  // A day later: what was sealed is over and may be packed.
  const buffer = openBuffer({ ...options, now: () => nowMs });
  const times: number[] = [];
  let rows = 0;
  let envelopes = 0;
  for (let slice = 0; slice < batches; slice += 1) {
    const { tables, rows: count, atMs } = sliceRows(slice);
    const startMs = performance.now();
    const { bytes } = buffer.seal(tables, {
      firstMs: atMs - SEAL_EVERY_MS,
      lastMs: atMs,
      missedSlots: 0,
      clock: { offsetMs: 0.42, monotonicMs: slice * SEAL_EVERY_MS + 0.123 * (slice % 17) },
      sealedMs: atMs,
    });
    times.push(performance.now() - startMs);
    rows += count;
    envelopes += bytes.length;
    if (slice % 300 === 299) progress(`sealed ${slice + 1} of ${batches}`);
  }
  const openBytes = folderBytes(dir);
  buffer.close();
  const keptBytes = folderBytes(dir);
  const startMs = performance.now();
  const again = openBuffer({ ...options, now: () => nowMs });
  const openMs = performance.now() - startMs;
  progress('packing what is over');
  const packing = await packAll(again);
  const readCpu = process.cpuUsage();
  for (let seq = batches; seq >= 1; seq -= 1) {
    if (again.read({ epoch: again.epoch, seq }) === undefined) throw new BenchError(`batch ${seq} is gone`);
  }
  const readUs = cpuSince(readCpu);
  again.close();
  const spentMs = times.reduce((sum, each) => sum + each, 0);
  return {
    samples_per_s: Math.round((rows / spentMs) * 1000),
    seal_ms: median(times),
    batch_bytes: envelopes / batches,
    envelope_per_sample_bytes: envelopes / rows,
    before_packing_per_sample_bytes: keptBytes / rows,
    with_log_per_sample_bytes: openBytes / rows,
    on_disk_per_sample_bytes: folderBytes(dir) / rows,
    packed_batches: packing.batches,
    packing_cpu_us_per_sample: packing.cpuUs / rows,
    read_back_cpu_us_per_sample: readUs / rows,
    reopen_ms: openMs,
  };
}

async function packAll(buffer: AgentBuffer): Promise<{ readonly batches: number; readonly cpuUs: number }> {
  const cpu = process.cpuUsage();
  let batches = 0;
  for (let done = await buffer.compact(); done !== undefined; done = await buffer.compact()) batches += done.batches;
  return { batches, cpuUs: cpuSince(cpu) };
}

/** Of all threads of this process. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function folderBytes(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}
