/**
 * Application checks as the agent sees them: starts their thread with the first plan that has any, tells it what to ask,
 * and puts what it found into the collector.
 *
 * ```
 *  plan ─▶ targets ══▶ thread: slots ─▶ check ─▶ outbox ══ rows, facts ══▶ collector ─▶ sealer
 * ```
 * A thread that ends (out of memory, a fault of ours) is started again with growing pauses; the slots meanwhile are holes,
 * which is what unobserved time looks like, and the health report says so.
 */
import { Worker } from 'node:worker_threads';
import { isAppCheck, type AgentPlan } from '@kaiku/catalog/plan';
import type { Log, Metrics, Part } from '@kaiku/core';
import type { Collector, SeriesRef } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import type { CheckedTarget, Found, FoundGauge, FromThread, ThreadSettings, ToThread } from './thread/messages.ts';

export interface AppCheckOptions {
  readonly collector: Collector;
  /** Checks under way at once. */
  readonly inFlight: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

const THREAD = new URL('thread/check-thread.ts', import.meta.url);
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;
/** One that ran this long was well. */
const STEADY_MS = 60_000;
/** Reports (every few seconds) without a sign of life until a thread counts as stuck and is ended. */
const MOST_SILENT = 12;
/** A thread that stops has this long to hand over what it found. */
const STOP_MS = 2000;
/** Thousands of checks in flight, their certificates and what they hold of answers. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 } as const;

export function createAppChecks({ collector, inFlight, metrics, log }: AppCheckOptions): Sampler {
  const settings: ThreadSettings = { inFlight };
  let targets: readonly CheckedTarget[] = [];
  /** By device and check, then by metric and instance: hashed once. */
  let series = new Map<string, Map<string, SeriesRef>>();
  let worker: Worker | undefined;
  let restart: NodeJS.Timeout | undefined;
  let onStopped: (() => void) | undefined;
  let started = false;
  let ended = false;
  let pauseMs = FIRST_PAUSE_MS;
  let running = 0;
  let missed = 0;
  let latenessMs = 0;
  let silent = 0;

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const tell = (message: ToThread): void => worker?.postMessage(message);

  const refOf = ({ entity, metric, instance }: FoundGauge): SeriesRef | undefined => {
    // Of a check that has left the plan meanwhile nothing is written down.
    const own = series.get(checkKey(entity, instance.split('/', 1)[0] ?? ''));
    const key = `${metric} ${instance}`;
    const known = own?.get(key);
    if (own === undefined || known !== undefined) return known;
    const made = collector.series({ entity, metric, instance }, 'gauge');
    own.set(key, made);
    return made;
  };

  const take = ({ gauges, facts }: Found): void => {
    for (const found of gauges) {
      const ref = refOf(found);
      if (ref !== undefined) collector.gauge(ref, found.slotMs, found.value, found.status);
    }
    for (const { entity, name, instance, slotMs, value } of facts) {
      collector.fact(entity, name, instance, slotMs, value);
    }
  };

  const onMessage = (message: FromThread): void => {
    silent = 0;
    switch (message.type) {
      case 'found':
        take(message.found);
        break;
      case 'figures':
        ({ running } = message.figures);
        missed += message.figures.missed;
        latenessMs = Math.max(latenessMs, message.figures.latenessMs);
        break;
      case 'said':
        log[message.level](message.fields, message.text);
        break;
      case 'stopped':
        onStopped?.();
        break;
    }
  };

  const launch = (): void => {
    restart = undefined;
    const startedMs = performance.now();
    const thread = new Worker(THREAD, { workerData: settings, resourceLimits: HEAP });
    worker = thread;
    thread.on('message', onMessage);
    thread.on('error', (error) => log.error({ err: error }, 'the thread of application checks failed'));
    thread.once('exit', (code) => {
      worker = undefined;
      running = 0;
      onStopped?.();
      if (!started) return;
      ended = true;
      if (performance.now() - startedMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      log.warn({ code, againMs: pauseMs }, 'the thread of application checks ended; starting it again');
      metrics.add('appCheckRestarts');
      restart = setTimeout(launch, pauseMs);
      pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
    });
    ended = false;
    silent = 0;
    tell({ type: 'targets', targets });
  };

  const part: Part = {
    name: 'application checks',
    start: () => {
      started = true;
      metrics.add('appCheckRestarts', 0);
      if (targets.length > 0) launch();
      return Promise.resolve();
    },
    stop: async () => {
      started = false;
      clearTimeout(restart);
      const thread = worker;
      if (thread === undefined) return;
      await new Promise<void>((done) => {
        const late = setTimeout(done, STOP_MS);
        onStopped = () => {
          clearTimeout(late);
          done();
        };
        tell({ type: 'stop' });
      });
      worker = undefined;
      await thread.terminate();
    },
  };

  return {
    parts: [part],
    apply: (plan) => {
      targets = targetsOf(plan);
      const wanted = targets.flatMap(({ entity, checks }) => checks.map(({ id }) => checkKey(entity, id)));
      series = new Map(wanted.map((key) => [key, series.get(key) ?? new Map<string, SeriesRef>()]));
      if (worker !== undefined) tell({ type: 'targets', targets });
      else if (started && restart === undefined && targets.length > 0) launch();
    },
    takeMissed: () => {
      const count = missed;
      missed = 0;
      return count;
    },
    takeLatenessMs: () => {
      const most = latenessMs;
      latenessMs = 0;
      return most;
    },
    report: () => {
      metrics.set('appChecksRunning', running);
      silent += 1;
      if (worker === undefined || silent <= MOST_SILENT) return;
      log.error('the thread of application checks is stuck; it is ended');
      silent = 0;
      void worker.terminate();
    },
    note: () => (ended ? 'application checks are not measured: their thread ended and is started again' : ''),
  };
}

const checkKey = (entity: string, check: string): string => `${entity}\u001f${check}`;

function targetsOf({ targets }: AgentPlan): readonly CheckedTarget[] {
  return targets.flatMap(({ entity, checks }) => {
    const own = checks.filter(isAppCheck);
    return own.length === 0 ? [] : [{ entity, checks: own }];
  });
}
