/**
 * The analyzer as a process. Wiring only:
 *
 * ```
 *  catalog ─▶ watch plan ─┐
 *  acks ─▶ hints ─────────┤
 *  stores ─▶ pool ────────┼─▶ evaluation ─▶ notifier ─▶ kaiku.alarm.<partition>
 *  leases ─▶ keeper ──────┤                     └─────▶ results (batches to every logger)
 *  health ─▶ parts ───────┼──────────────────────────────▶ results
 *                         └─▶ windows ──────────────────▶ results
 * ```
 */
import { randomUUID } from 'node:crypto';
import { watchCatalog } from '@kaiku/catalog';
import {
  Broker,
  createLog,
  createMetrics,
  healthPart,
  brokerOptions,
  loadInstallation,
  nameSchema,
  readEntry,
  readSection,
  repeat,
  resultPublisher,
  runUntilSignal,
  type Installation,
  type Log,
  type Part,
  type ServiceOptions,
  type Subscription,
} from '@kaiku/core';
import { alarmEventSchema, BUCKETS, decode, subjects } from '@kaiku/protocol';
import { z } from 'zod';
import { openPool, openStore, storeAddresses, type Store } from '@kaiku/store';
import { DownDevices } from './alarm/down.ts';
import { Evaluation } from './alarm/evaluation.ts';
import { WindowWork } from './composite/window-work.ts';
import { analyzerEntrySchema, type AnalyzerEntry } from './config.ts';
import { systemClock } from './lease/clock.ts';
import { leaseKeeper } from './lease/keeper.ts';
import { alarmNotifier } from './notify/notifier.ts';
import { ackHints } from './read/hints.ts';
import { SeriesIndex } from './read/series-index.ts';
import type { PartName } from './parts/part-rules.ts';
import { partSampler } from './parts/part-sampler.ts';
import { steadily } from './steadily.ts';
import { compileWatch, EMPTY_PLAN, type WatchPlan } from './read/watch-plan.ts';

/** Pause between looks at the windows: they close every five minutes. */
const WINDOWS_EVERY_MS = 2000;

export async function main(options: ServiceOptions): Promise<void> {
  const installation = loadInstallation(options.config);
  const entry = readEntry(installation, 'analyzers', analyzerEntrySchema, options.name);
  const addresses = storeAddresses(installation);
  const log = createLog({ role: 'analyzer', name: entry.name, level: installation.logLevel });
  await runUntilSignal(async () => {
    const broker = await Broker.connect({ ...brokerOptions(installation, 'analyzer', entry.name), log });
    return wire({ entry, parts: partsOf(installation), broker, stores: addresses.map(openStore), log });
  }, log);
}

const namedSchema = z.looseObject({ name: nameSchema });
const WATCHED = { loggers: 'logger', stores: 'store', analyzers: 'analyzer', webs: 'web' } as const;

/** The parts this installation file names: all of them are to be heard of. */
function partsOf(installation: Installation): readonly PartName[] {
  return Object.entries(WATCHED).flatMap(([section, role]) =>
    // A store of somebody else's making reports nothing.
    readSection(installation, section as keyof typeof WATCHED, namedSchema)
      .filter((entry) => role !== 'store' || 'listen' in entry)
      .map(({ name }) => ({ role, name })),
  );
}

interface Wiring {
  readonly entry: AnalyzerEntry;
  readonly parts: readonly PartName[];
  readonly broker: Broker;
  readonly stores: readonly Store[];
  readonly log: Log;
}

function wire({ entry, parts, broker, stores, log }: Wiring): readonly Part[] {
  const metrics = createMetrics();
  const clock = systemClock;
  const pool = openPool(stores, log);
  const results = resultPublisher(broker, entry.name, log);
  const notifier = alarmNotifier({ broker, results, metrics, log });
  const index = new SeriesIndex(pool, clock);
  const windowIndex = new SeriesIndex(pool, clock);
  const down = new DownDevices();
  let watch: WatchPlan = EMPTY_PLAN;
  const plan = (): WatchPlan => watch;

  const keeper = leaseKeeper({
    name: entry.name,
    incarnation: randomUUID(),
    partitions: entry.partitions,
    leaseMs: entry.leaseMs,
    openBucket: () => broker.bucket(BUCKETS.lease),
    clock,
    log,
    onChange: () => alarms.wake(),
  });
  const hints = ackHints({
    broker,
    clock,
    isAgent: (name) => watch.agents.has(name),
    onFresh: () => alarms.wake(),
  });
  const evaluation = new Evaluation({ keeper, hints, pool, index, plan, down, notifier, clock, metrics, log });
  const alarms = repeat({
    name: 'alarms',
    everyMs: entry.evaluateEveryMs,
    log,
    run: steadily('alarms', log, () => evaluation.run()),
  });
  const windowWork = new WindowWork({ keeper, hints, pool, index: windowIndex, plan, results, clock, metrics, log });
  const windows = repeat({
    name: 'windows',
    everyMs: WINDOWS_EVERY_MS,
    log,
    run: steadily('windows', log, async (signal: AbortSignal) => {
      if (await windowWork.run(signal)) windows.wake();
    }),
  });

  const itself = partSampler({
    name: entry.name,
    broker,
    results,
    plan,
    held: () => new Set(keeper.leases().map(({ partition }) => partition)),
    clock,
    log,
  });

  const listening: Subscription[] = [];
  const catalog: Part = {
    name: 'catalog',
    start: () => {
      listening.push(
        watchCatalog(
          broker,
          (changed, revision) => {
            watch = compileWatch(changed, revision, entry.partitions, parts);
            log.info({ revision, devices: watch.devices.size }, 'catalog in force');
            alarms.wake();
          },
          log,
        ),
        // What other analyzers find out about the devices ours are reached through.
        broker.subscribe(subjects.alarmAll, (bytes) => {
          const event = decode(alarmEventSchema, bytes);
          if (event !== undefined) down.note(watch.devices.get(event.entity), event);
        }),
      );
      return Promise.resolve();
    },
    stop: () => {
      for (const each of listening.splice(0)) each.stop();
      return Promise.resolve();
    },
  };
  const readers: Part = {
    name: 'stores',
    start: () => pool.start(),
    stop: async () => {
      await pool.stop();
      await Promise.all(stores.map((store) => store.close()));
    },
  };
  const connection: Part = { name: 'broker', start: () => Promise.resolve(), stop: () => broker.close() };
  const health = healthPart({
    role: 'analyzer',
    name: entry.name,
    metrics,
    listen: entry.health,
    broker: () => broker,
    check: () => {
      metrics.set('takeovers', keeper.takeovers);
      metrics.set('members', keeper.members().length);
      metrics.set('publishWaiting', results.waiting);
      if (!broker.connected) return 'the broker is away: leases cannot be kept';
      if (watch.revision === 0) return 'waiting for the catalog';
      return pool.health().some((store) => store.healthy) ? '' : 'no store answers';
    },
  });
  return [connection, health, readers, results, keeper, hints, catalog, itself, windows, alarms];
}
