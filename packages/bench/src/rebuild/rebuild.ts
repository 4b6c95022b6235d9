/**
 * A store that has lost everything is filled again from an agent's buffer while the agent goes on sealing.
 *
 * ```
 *  history sealed ─▶ store filled ─▶ store killed, its folder removed, started ─▶ whole again?
 *                                    └── time, samples a second, age of live data, memory, processor time ──┘
 * ```
 * Broker, store, logger and agent are processes of their own with an installation's defaults. Whole means: each
 * batch of the account is in the ledger once, and counts and sums of every minute are what was sealed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, countOf, isWhole, startCluster, type Cluster, type GeneratingAgent } from '@kaiku/testkit/faults';
import { waitFor } from '@kaiku/testkit';
import { resolve } from 'node:path';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { describeMachine } from '../machine.ts';
import type { BenchResult } from '../result.ts';
import { watchLive, type Live } from './live.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const BASE_PORT = 21_020;
const AGENT = 'agent-1';
const EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
const HOURS = 24;
const QUICK_HOURS = 1;
const DEVICES = 1000;
const SERIES_PER_DEVICE = 20;
/** As the generating agent slices a tick: two seconds each. */
const SLICES = 30;
const LOOK_MS = 500;
const FILL_MS = 3_600_000;
const PROGRESS_EVERY = 10;
/** Live data by itself, before anything is broken. */
const QUIET_MS = 30_000;
const MIB = 1024 * 1024;

export async function benchRebuild({
  quick,
  hours = quick ? QUICK_HOURS : HOURS,
  devices = DEVICES,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const machine = describeMachine();
  const series = devices * SERIES_PER_DEVICE;
  const cluster = await startCluster({
    root: ROOT,
    basePort: BASE_PORT,
    stores: 1,
    agents: 0,
    series,
    everyMs: EVERY_MS,
  });
  let live: Live | undefined;
  try {
    const agent = await cluster.addAgent(AGENT, { more: ['--slices', '--backfill-hours', `${hours}`] });
    const ours = await measure(cluster, agent, hours, progress, (opened) => (live = opened));
    return { bench: 'rebuild', machine, ours: { hours, devices, ...ours }, peers: {}, ratio: {} };
  } finally {
    await live?.close();
    await cluster.stop();
  }
}

async function measure(
  cluster: Cluster,
  agent: GeneratingAgent,
  hours: number,
  progress: BenchOptions['progress'],
  keep: (live: Live) => Live,
): Promise<Record<string, number>> {
  const [store] = cluster.stores;
  const [site] = cluster.sites;
  if (store === undefined || site === undefined) throw new BenchError('the cluster has no store or no broker');
  const { account } = agent.generator;
  const batches = Math.floor((hours * HOUR_MS) / EVERY_MS) * SLICES;

  progress(`sealing ${hours} h of history`);
  await agent.part.start();
  await waitFor(() => account.all().length >= batches, FILL_MS, 'the history to be sealed');
  const live = keep(await watchLive(`nats://127.0.0.1:${site.port}`, agent));
  const fillMs = performance.now();
  await untilListed(cluster, agent, progress);
  const fillSeconds = (performance.now() - fillMs) / 1000;
  progress(`filled after ${fillSeconds.toFixed(1)} s; live data by itself for ${QUIET_MS / 1000} s`);
  // Live data begin with the next whole minute.
  await waitFor(() => account.all().length > batches, 2 * EVERY_MS, 'live data');
  const quietMs = Date.now();
  await sleep(QUIET_MS);
  const quiet = live.agesBetween(quietMs, Date.now());

  const watch = watchProcesses(cluster);
  const emptiedMs = Date.now();
  await store.wipe();
  const readyMs = Date.now();
  progress(`emptied; the store is back after ${((readyMs - emptiedMs) / 1000).toFixed(1)} s`);
  const due = account.all();
  await untilListed(cluster, agent, progress);
  const wholeMs = Date.now();
  const costs = watch();
  const samples = due.reduce((sum, { rows }) => sum + rows, 0);
  progress(`every batch is in the ledger after ${((wholeMs - emptiedMs) / 1000).toFixed(1)} s; comparing`);
  const last = due.at(-1);
  const toMs = ((last?.tick ?? 0) + 1) * EVERY_MS;
  // The minute that has begun is compared as far as it was sealed: what came later is no difference.
  const found = await compare(agent.generator, store.door, 0, toMs - EVERY_MS);
  if (!isWhole(found) || found.recorded > 0) {
    throw new BenchError(`the store is not whole: lost ${found.lost}, doubled ${found.doubled}, wrong ${found.wrong}`, {
      hint: found.details.join('; '),
    });
  }
  const seconds = (wholeMs - emptiedMs) / 1000;
  return {
    samples,
    batches: due.length,
    fill_samples_per_s: samples / fillSeconds,
    store_away_s: (readyMs - emptiedMs) / 1000,
    rebuild_s: seconds,
    rebuild_samples_per_s: samples / seconds,
    ...ages('live_before', quiet),
    ...ages('live_meanwhile', live.agesBetween(readyMs, wholeMs)),
    ...ages('live_with_store_away', live.agesBetween(emptiedMs, wholeMs)),
    ...costs(samples),
  };
}

/** Waits until the ledger has every batch that is sealed by now. */
async function untilListed(
  { stores }: Cluster,
  { generator: { account } }: GeneratingAgent,
  progress: BenchOptions['progress'],
): Promise<void> {
  const [store] = stores;
  if (store === undefined) return;
  const last = account.all().at(-1);
  const due = account.all().length;
  const sql = `SELECT uniqExact(epoch, seq) FROM ledger WHERE agent = '${account.agent}' AND (epoch, seq) <= (${last?.epoch}, ${last?.seq})`;
  let looks = 0;
  await waitFor(
    async () => {
      await sleep(LOOK_MS);
      const there = await countOf(store.door, sql).catch(() => 0);
      looks += 1;
      if (looks % PROGRESS_EVERY === 0) progress(`${there} of ${due} batches`);
      return there >= due;
    },
    FILL_MS,
    `${due} batches in the store`,
  );
}

function ages(name: string, sorted: readonly number[]): Record<string, number> {
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return {
    [`${name}_batches`]: sorted.length,
    [`${name}_median_ms`]: at(0.5),
    [`${name}_p99_ms`]: at(0.99),
    [`${name}_max_ms`]: at(1),
  };
}

/** Largest resident memory and processor time of every process from now until the answer is called. */
function watchProcesses(cluster: Cluster): () => (samples: number) => Record<string, number> {
  const parts = cluster.parts();
  const most = new Map<string, number>();
  const cpuBefore = new Map(parts.map((part) => [part.name, { starts: part.starts, seconds: part.cpuSeconds() }]));
  const look = (): void => {
    for (const part of parts) most.set(part.name, Math.max(most.get(part.name) ?? 0, part.residentBytes()));
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    const cpu = parts.map((part) => {
      const before = cpuBefore.get(part.name);
      return [part.name, part.cpuSeconds() - (before?.starts === part.starts ? before.seconds : 0)] as const;
    });
    const key = (name: string): string => name.replaceAll('-', '_');
    return (samples) =>
      Object.fromEntries([
        ...[...most].map(([name, bytes]) => [`${key(name)}_max_mib`, bytes / MIB]),
        ...cpu.map(([name, seconds]) => [`${key(name)}_cpu_per_million_s`, (seconds * 1e6) / samples]),
      ]);
  };
}
