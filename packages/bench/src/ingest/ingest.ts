/**
 * From sealed batches in an agent's buffer to queryable in one store: samples a second, where the processor
 * time goes, bytes a sample. Beside it vmagent and victoria-metrics with the same samples. One after the other,
 * in turns; medians, and the raw figures of each run.
 */
import { join } from 'node:path';
import { tempDir } from '@kaiku/testkit';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import type { BenchOptions } from '../bench.ts';
import type { BenchResult } from '../result.ts';
import { fillBuffer } from './fill-buffer.ts';
import { AGENT } from './installation.ts';
import { runOurs, type Run } from './ours.ts';
import { peerInstalled, runPeer } from './peer.ts';
import { createWorkload, SERIES_PER_DEVICE } from './workload.ts';

const EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
const DEVICES = 1000;
/** A day. */
const SAMPLES = 28_800_000;
const QUICK_SAMPLES = 1_000_000;
const RUNS = 3;

export async function benchIngest({
  quick,
  samples = quick ? QUICK_SAMPLES : SAMPLES,
  devices = DEVICES,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const machine = describeMachine();
  const ticks = Math.max(1, Math.ceil(samples / (devices * SERIES_PER_DEVICE)));
  // Whole hours back, so that nothing lies in the future.
  const fromMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - Math.ceil((ticks * EVERY_MS) / HOUR_MS) * HOUR_MS;
  const workload = createWorkload({ devices, ticks, everyMs: EVERY_MS, fromMs });
  const folder = await tempDir('bench-buffer');
  const ours: Run[] = [];
  const theirs: Run[] = [];
  try {
    const buffer = join(folder.path, 'buffer');
    const filled = fillBuffer(buffer, AGENT, workload, progress);
    for (let run = 1; run <= (quick ? 1 : RUNS); run += 1) {
      progress(`run ${run}: agent to store`);
      ours.push(await runOurs(buffer, filled));
      if (!peerInstalled()) {
        if (run === 1) progress('vmagent and victoria-metrics are not installed: apt-get install victoria-metrics');
        continue;
      }
      progress(`run ${run}: vmagent to victoria-metrics`);
      theirs.push(await runPeer(workload, filled));
    }
    const own = figuresOf(ours, workload.samples);
    const peer = theirs.length === 0 ? undefined : figuresOf(theirs, workload.samples);
    return {
      bench: 'ingest',
      machine,
      ours: {
        ...own,
        samples: workload.samples,
        batches: filled.batches,
        samples_per_batch: workload.samples / filled.batches,
        sealed_per_sample_bytes: filled.sealedBytes / workload.samples,
        buffer_per_sample_bytes: filled.bufferBytes / workload.samples,
      },
      peers: peer === undefined ? {} : { vmagent_victoriametrics: peer },
      ratio:
        peer === undefined
          ? {}
          : {
              vmagent_victoriametrics: ratioTo(own, peer, 'samples_per_s'),
              vmagent_victoriametrics_receiving_included: ratioTo(own, peer, 'receiving_included_samples_per_s'),
            },
    };
  } finally {
    await folder.remove();
  }
}

function ratioTo(own: Record<string, number>, peer: Record<string, number>, figure: string): number {
  return (own['samples_per_s'] ?? Number.NaN) / (peer[figure] ?? Number.NaN);
}

/** Medians over the runs; each run's rate by its number; processor seconds per million samples. */
function figuresOf(runs: readonly Run[], samples: number): Record<string, number> {
  const rates = runs.map(({ seconds }) => samples / seconds);
  const middle = (pick: (run: Run) => Readonly<Record<string, number>>, suffix: string, scale: number) =>
    Object.fromEntries(
      Object.keys(runs[0] === undefined ? {} : pick(runs[0])).map((name) => [
        `${name}${suffix}`,
        median(runs.map((run) => (pick(run)[name] ?? Number.NaN) * scale)),
      ]),
    );
  return {
    samples_per_s: median(rates),
    ...Object.fromEntries(rates.map((rate, at) => [`run_${at + 1}_samples_per_s`, rate])),
    ...middle((run) => run.cpu, '_cpu_per_million_s', 1e6 / samples),
    ...middle((run) => run.figures, '', 1),
  };
}
