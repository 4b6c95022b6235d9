/**
 * One run of ours: an agent's full buffer, broker, logger and embedded store as separate processes with the
 * settings of an installation. The clock runs from the agent's first message on the broker until the store
 * counts every sample; then sums are compared exactly and the tables merged and weighed.
 */
import { waitFor } from '@kaiku/testkit';
import { checkSums, countRows, startInstallation, type Installation } from './installation.ts';
import type { Filled } from './fill-buffer.ts';
import { stopwatch } from './processes.ts';

const RUN_MS = 1_800_000;
/** Asking costs the store some milliseconds each time. */
const ASKED_EVERY_MS = 100;

export interface Run {
  readonly seconds: number;
  /** Processor seconds per process until everything was queryable. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
}

export async function runOurs(buffer: string, filled: Filled): Promise<Run> {
  const expected = filled.gauges + filled.counters;
  const installation = await startInstallation(buffer);
  try {
    const { broker, store, processes } = installation;
    const first = Promise.withResolvers<void>();
    const subscription = broker.subscribe('kaiku.backlog.>', () => first.resolve());
    const agent = await installation.startAgent();
    const spent = await stopwatch({ ...processes, agent });
    await first.promise;
    const startMs = performance.now();
    subscription.stop();
    await waitFor(
      async () => (await countRows(store, expected, filled.untilMs)) >= expected,
      RUN_MS,
      'every sample in the store',
      ASKED_EVERY_MS,
    );
    const seconds = (performance.now() - startMs) / 1000;
    const cpu = await spent();
    await checkSums(store, filled, filled.untilMs);
    return { seconds, cpu, figures: await weigh(installation, expected) };
  } finally {
    await installation.close();
  }
}

/** Bytes on disk of merged tables, per sample. */
async function weigh({ store, statement }: Installation, samples: number): Promise<Record<string, number>> {
  const bytes = async (where: string): Promise<number> => {
    const [row] = await store.query(
      `SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE active AND database = currentDatabase() ${where}`,
      {},
    );
    return Number(row?.['n']);
  };
  const tables = "AND table IN ('gauge', 'counter')";
  const unmerged = await bytes(tables);
  for (const table of ['gauge', 'counter']) await statement(`OPTIMIZE TABLE ${table} FINAL`);
  return {
    store_before_merge_per_sample_bytes: unmerged / samples,
    store_per_sample_bytes: (await bytes(tables)) / samples,
    store_all_tables_per_sample_bytes: (await bytes('')) / samples,
  };
}
