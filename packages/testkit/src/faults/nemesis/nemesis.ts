/**
 * A long run of random faults over a cluster of two sites, two stores with their loggers, and three generating
 * agents: `plan` says what strikes, `inject` does it, `resources` watches memory and disk, and at the end everything
 * is healed and every sample of the whole run is compared with both stores.
 *
 * While it runs only a window of samples a few minutes old is looked at: what is missing there may still come
 * (`late`), what is doubled or wrong is a violation at once. A part that ends by itself is told of and started again,
 * as a supervisor would.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempDir } from '../../servers/places.ts';
import { worst, type Comparison } from '../check.ts';
import { startCluster, type Cluster } from '../cluster.ts';
import { mountProblem, smallDisk, type SmallDisk } from '../disk.ts';
import { gapsOf } from '../store-query.ts';
import { compareAll, untilWhole } from '../whole.ts';
import { inject } from './inject.ts';
import { planFaults, type PlannedFault } from './plan.ts';
import { Resources, type Use } from './resources.ts';

export interface NemesisOptions {
  readonly root: string;
  readonly basePort: number;
  readonly seed: number;
  readonly minutes: number;
  /** Where memory and disk are written. */
  readonly csvFile: string;
  readonly onLine: (line: string) => void;
  /** Ends the faults early: what was done so far is healed and compared. */
  readonly signal: AbortSignal;
}

export interface NemesisReport {
  readonly seed: number;
  readonly seconds: number;
  readonly plan: readonly PlannedFault[];
  readonly faults: number;
  readonly comparisons: readonly Comparison[];
  readonly generated: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrong: number;
  readonly recorded: number;
  readonly unsealed: number;
  /** Batches that a store records as lost, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly whole: boolean;
  readonly recoverySeconds: number;
  /** Parts that ended though nobody had killed them, and faults that could not be carried out. */
  readonly surprises: readonly string[];
  readonly memory: readonly Use[];
  readonly disk: readonly Use[];
}

const SERIES = 50;
const EVERY_MS = 500;
const AGENTS = 3;
/** The agent whose disk is small, and how small. */
const SMALL = { agent: 'agent-3', mib: 512 };
const WATCH_MS = 1000;
const RESOURCES_MS = 5000;
const LOOK_MS = 30_000;
/** The window that is looked at while faults go on. */
const WINDOW = { oldestMs: 240_000, newestMs: 180_000 };
/** Loggers look at what their stores hold every ten minutes: what only an audit finds is mended behind the next. */
const WHOLE_MS = 900_000;
const WHOLE_EARLY_MS = 120_000;
const MIB = 1_048_576;

export async function runNemesis(options: NemesisOptions): Promise<NemesisReport> {
  const { root, basePort, onLine, signal } = options;
  const folder = await tempDir('nemesis');
  const disks = new Map<string, SmallDisk>();
  try {
    const problem = mountProblem();
    if (problem === undefined) disks.set(SMALL.agent, smallDisk(join(folder.path, 'small'), SMALL.mib));
    else onLine(`no disk is filled: ${problem}`);
    const cluster = await startCluster({
      root,
      basePort,
      sites: 2,
      stores: 2,
      agents: AGENTS,
      series: SERIES,
      everyMs: EVERY_MS,
      proxies: true,
      dataDirs: Object.fromEntries([...disks].map(([name, { path }]) => [name, path])),
    });
    try {
      return await strike(cluster, disks, options);
    } finally {
      if (signal.aborted) onLine('ending the processes');
      await cluster.stop();
    }
  } finally {
    for (const disk of disks.values()) disk.remove();
    await folder.remove();
  }
}

async function strike(
  cluster: Cluster,
  disks: ReadonlyMap<string, SmallDisk>,
  { seed, minutes, csvFile, onLine, signal }: NemesisOptions,
): Promise<NemesisReport> {
  const names = (parts: readonly { readonly part: { readonly name: string } }[]): string[] =>
    parts.map(({ part }) => part.name);
  const plan = planFaults({
    seed,
    seconds: minutes * 60,
    sites: names(cluster.sites),
    stores: names(cluster.stores),
    loggers: cluster.loggers.map(({ name }) => name),
    agents: names(cluster.agents),
    smallDisks: [...disks.keys()],
  });
  onLine(`seed ${seed}: ${plan.length} faults in ${minutes} minutes; data in ${cluster.dir}`);
  const resources = new Resources(cluster, csvFile);
  const surprises: string[] = [];
  const held = new Set<string>();
  const beganMs = performance.now();
  const fromMs = Date.now();
  const seconds = (): number => (performance.now() - beganMs) / 1000;
  const say = (text: string): void => onLine(`${seconds().toFixed(0).padStart(5)} s  ${text}`);
  const surprise = (text: string): void => {
    surprises.push(`${seconds().toFixed(0)} s: ${text}`);
    say(`! ${text}`);
  };

  const watching = new AbortController();
  const repeat = async (everyMs: number, act: () => Promise<void>): Promise<void> => {
    while (!watching.signal.aborted) {
      await act().catch((error: unknown) => say(`(${error instanceof Error ? error.message : String(error)})`));
      await sleep(everyMs, undefined, { signal: watching.signal }).catch(() => undefined);
    }
  };
  const watches = [
    repeat(RESOURCES_MS, () => resources.sample()),
    repeat(WATCH_MS, async () => {
      for (const part of cluster.parts()) {
        if (part.running || held.has(part.name)) continue;
        surprise(`${part.name} ended by itself (${part.ending}): ${part.tail().slice(-400)}`);
        await part.start({ wait: false });
      }
    }),
    repeat(LOOK_MS, async () => {
      const line = await look(cluster, fromMs);
      if (line !== '') say(line);
    }),
  ];

  let struck = 0;
  const running = new Set<Promise<void>>();
  for (const fault of plan) {
    const waitMs = fault.atS * 1000 - (performance.now() - beganMs);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    struck += 1;
    const text = `${fault.kind} ${fault.target}${fault.forS > 0 ? ` for ${fault.forS} s` : ''}`;
    const done = inject(fault, { cluster, disks, held }).then(
      (told) => say(told === '' ? text : `${text} (${told})`),
      (error: unknown) => surprise(`${text}: ${error instanceof Error ? error.message : String(error)}`),
    );
    running.add(done);
    void done.finally(() => running.delete(done));
  }
  const restMs = minutes * 60_000 - (performance.now() - beganMs);
  if (restMs > 0) await sleep(restMs, undefined, { signal }).catch(() => undefined);
  await Promise.all(running);
  watching.abort();
  await Promise.all(watches);
  for (const disk of disks.values()) disk.free();
  await cluster.heal().catch((error: unknown) => surprise(String(error)));
  const struckFor = seconds();
  say('healed; comparing every sample with both stores');
  const {
    whole,
    seconds: recoverySeconds,
    comparisons,
  } = await untilWhole(cluster, {
    fromMs,
    deadlineMs: signal.aborted ? WHOLE_EARLY_MS : WHOLE_MS,
    everyMs: 3000,
    onLook: (all) => say(totals(all)),
  });
  await resources.sample();
  const total = worst(comparisons);
  return {
    seed,
    seconds: struckFor,
    plan: plan.slice(0, struck),
    faults: struck,
    comparisons,
    generated: total.generated,
    lost: total.lost + total.unlisted,
    doubled: total.doubled,
    wrong: total.wrong + total.untrue,
    recorded: total.recorded,
    unsealed: total.unsealed,
    reasons: await reasonsOf(cluster, total.store),
    whole,
    recoverySeconds,
    surprises,
    memory: resources.memory,
    disk: resources.disk,
  };
}

/** Batches recorded as lost in one store, by reason. */
async function reasonsOf({ stores, agents }: Cluster, name: string): Promise<Readonly<Record<string, number>>> {
  const reasons: Record<string, number> = {};
  const store = stores.find(({ door }) => door.name === name);
  if (store === undefined) return reasons;
  for (const { generator } of agents) {
    for (const { from, to, reason } of await gapsOf(store.door, generator.account.agent)) {
      reasons[reason] = (reasons[reason] ?? 0) + to - from + 1;
    }
  }
  return reasons;
}

function totals(all: readonly Comparison[]): string {
  return [...Map.groupBy(all, ({ store }) => store).values()]
    .map((each) => {
      const one = worst(each);
      return `${one.store}: ${one.found} of ${one.generated}, lost ${one.lost}, doubled ${one.doubled}, recorded ${one.recorded}`;
    })
    .join('; ');
}

/** One line on samples a few minutes old, from the stores that answer. */
async function look(cluster: Cluster, beganMs: number): Promise<string> {
  const nowMs = Date.now();
  const fromMs = Math.max(beganMs, nowMs - WINDOW.oldestMs);
  const toMs = nowMs - WINDOW.newestMs;
  if (toMs <= fromMs) return '';
  const words: string[] = [];
  for (const store of cluster.stores) {
    if (!store.part.running || store.part.paused) continue;
    try {
      const one = worst(await compareAll(cluster.agents, [store], fromMs, toMs));
      const bad =
        one.doubled + one.wrong > 0 ? ` DOUBLED ${one.doubled} WRONG ${one.wrong}: ${one.details.join('; ')}` : '';
      words.push(`${one.store} has ${one.found} of ${one.generated} of the window, late ${one.lost}${bad}`);
    } catch {
      words.push(`${store.part.name} does not answer`);
    }
  }
  return words.join('; ');
}

/** The report for people. */
export function formatNemesis(report: NemesisReport): string {
  const { seed, seconds, faults, generated, lost, doubled, wrong, recorded, unsealed, whole, recoverySeconds } = report;
  const use = (title: string, all: readonly Use[]): string[] => [
    `${title} (MiB: most, at first, at last)`,
    ...all.map(({ name, maxBytes, firstBytes, lastBytes }) => {
      const [most, first, last] = [maxBytes, firstBytes, lastBytes].map((bytes) =>
        (bytes / MIB).toFixed(0).padStart(6),
      );
      return `  ${name.padEnd(10)} ${most} ${first} ${last}`;
    }),
  ];
  const reasons = Object.entries(report.reasons)
    .map(([reason, batches]) => `${reason} ${batches}`)
    .join(', ');
  const counts = [...Map.groupBy(report.plan, ({ kind }) => kind)].map(([kind, each]) => `${kind} ${each.length}`);
  return [
    `seed ${seed}: ${faults} faults in ${(seconds / 60).toFixed(1)} minutes (${counts.join(', ')})`,
    ...use('memory', report.memory),
    ...use('disk', report.disk),
    ...(report.surprises.length === 0 ? [] : ['surprises', ...report.surprises.map((each) => `  ${each}`)]),
    ...report.comparisons.flatMap(({ details, store }) => details.map((each) => `  ${store}: ${each}`)),
    `generated ${generated}, lost ${lost}, doubled ${doubled}, wrong ${wrong}, recorded as lost ${recorded}, sealed but not in the account ${unsealed}`,
    ...(recorded === 0 ? [] : [`batches recorded as lost, by reason: ${reasons}`]),
    whole
      ? `whole ${recoverySeconds.toFixed(0)} s after healing`
      : `NOT whole ${recoverySeconds.toFixed(0)} s after healing`,
  ].join('\n');
}
