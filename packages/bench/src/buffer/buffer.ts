/**
 * The agent's memory: how fast batches of two seconds of 1,000 devices are sealed onto the disk, each with its fsync, and
 * what a sample costs there, file and log and all; and what an agent takes that serves those devices. No peer: nothing else keeps sealed batches.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBuffer } from '@kaiku/agent';
import type { BenchOptions } from '../bench.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import type { BenchResult } from '../result.ts';
import { measureAgent } from './agent-process.ts';
import { AGENT, SEAL_EVERY_MS, sliceRows } from './data.ts';

/** An hour of sealing; the quick way ten minutes. */
const BATCHES = 1800;
const QUICK_BATCHES = 300;

export async function benchBuffer({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const machine = describeMachine();
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-bench-buffer-'));
  try {
    const sealed = sealing(dir, quick ? QUICK_BATCHES : BATCHES, progress);
    // The agent's memory and processor time take over a minute to see, and the system's own figures of a process.
    const agent = quick || !existsSync('/proc/self/smaps_rollup') ? {} : await measureAgent(progress);
    return { bench: 'buffer', machine, ours: { ...sealed, ...agent }, peers: {}, ratio: {} };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function sealing(dir: string, batches: number, progress: BenchOptions['progress']): BenchResult['ours'] {
  const buffer = openBuffer({ dir, agent: AGENT, maxDiskPercent: 100 });
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
      clock: { offsetMs: 0.42, monotonicMs: slice * SEAL_EVERY_MS },
    });
    times.push(performance.now() - startMs);
    rows += count;
    envelopes += bytes.length;
    if (slice % 300 === 299) progress(`sealed ${slice + 1} of ${batches}`);
  }
  const openBytes = folderBytes(dir);
  buffer.close();
  const startMs = performance.now();
  const again = openBuffer({ dir, agent: AGENT, maxDiskPercent: 100 });
  const openMs = performance.now() - startMs;
  again.close();
  const spentMs = times.reduce((sum, each) => sum + each, 0);
  return {
    samples_per_s: Math.round((rows / spentMs) * 1000),
    seal_ms: median(times),
    batch_bytes: envelopes / batches,
    envelope_per_sample_bytes: envelopes / rows,
    on_disk_per_sample_bytes: folderBytes(dir) / rows,
    with_log_per_sample_bytes: openBytes / rows,
    reopen_ms: openMs,
  };
}

function folderBytes(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}
