/**
 * A process that fills agents' buffers with a past, for `kaiku demo`, before those agents start. Its own
 * process, since making millions of samples would block the supervisor. Arguments as one JSON text;
 * progress as JSON lines on stdout.
 *
 * A buffer is complete or not there: a half-filled one, left by an interrupted run, is removed first.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openBuffer } from '@kaiku/agent';
import { loadCatalog } from '@kaiku/catalog';
import { buildDemoOffices, writeHistory } from '@kaiku/testkit';
import { guardAgainstLostSupervisor } from '../supervise/guard.ts';
import type { HistoryJob, HistoryMessage } from './history.ts';

const HOUR_MS = 3_600_000;

guardAgainstLostSupervisor();
const job = JSON.parse(process.argv[2] ?? '{}') as HistoryJob;
const catalog = loadCatalog(job.catalog);
const devices = buildDemoOffices(job.anchorMs).flatMap((office) => office.devices);

const say = (message: HistoryMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

for (const agent of job.agents) {
  const dir = join(job.dataDir, 'agent', agent, 'buffer');
  rmSync(dir, { recursive: true, force: true });
  const buffer = openBuffer({ dir, agent, batchVersion: 2 });
  let shown = 0;
  const report = buffer.bulk(() =>
    writeHistory({
      catalog,
      agent,
      devices,
      fromMs: Math.floor(job.fromMs / HOUR_MS) * HOUR_MS,
      toMs: job.toMs,
      sink: { seal: (tables, meta) => buffer.seal(tables, { ...meta, sealedMs: meta.lastMs }) },
      onProgress: ({ doneMs, totalMs }) => {
        const share = Math.floor((100 * doneMs) / totalMs);
        if (share > shown) {
          shown = share;
          say({ agent, percent: share });
        }
      },
    }),
  );
  // A batch too large for the wire is split: the sequence says how many there really are.
  const batches = buffer.lastSeq;
  buffer.close();
  say({ agent, percent: 100, done: { batches, samples: report.samples, series: report.series } });
}
