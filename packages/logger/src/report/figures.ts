/** The logger's figures for health reports and Prometheus: of ledger and lanes every two seconds, of the store every ten. */
import { repeat, type Broker, type Log, type Metrics, type RepeatedPart } from '@kaiku/core';
import { addRange, countValues, EMPTY_RANGES, subtract } from '@kaiku/protocol';
import type { GapRow } from '@kaiku/store';
import type { LoggerStore } from '../logger-store.ts';
import type { Ledger } from '../record/ledger.ts';

const EVERY_MS = 2000;
const STORE_EVERY_MS = 10_000;
const DAY_MS = 24 * 3600 * 1000;

/** An agent not heard of for a day no longer counts into the ages. */
const FORGOTTEN_MS = DAY_MS;

export interface FiguresOptions {
  readonly durable: string;
  readonly broker: Pick<Broker, 'consumerLag' | 'connected'>;
  readonly ledger: () => Ledger | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

export function ledgerFigures(ledger: Ledger, nowMs: number): Readonly<Record<string, number>> {
  const newest = new Map<string, { newestMs: number; watermarkMs: number }>();
  let lostBatches = 0;
  for (const view of ledger.epochs()) {
    const { agent, newestMs, watermarkMs } = view;
    lostBatches += countValues(subtract(view.lost, view.ranges));
    const known = newest.get(agent);
    if (known === undefined || newestMs > known.newestMs) newest.set(agent, { newestMs, watermarkMs });
  }
  const current = [...newest.values()].filter(({ newestMs }) => nowMs - newestMs < FORGOTTEN_MS);
  const age = (ms: number): number => Math.max(0, nowMs - ms);
  return {
    agents: newest.size,
    lostBatches,
    /** Age of the newest sample of all; 0 when there is none. */
    newestSampleAgeMs: current.length === 0 ? 0 : age(Math.max(...current.map(({ newestMs }) => newestMs))),
    /** Age of the oldest watermark among agents heard of within a day, where it is known. */
    watermarkAgeMs: current.reduce(
      (worst, { watermarkMs }) => Math.max(worst, watermarkMs === 0 ? 0 : age(watermarkMs)),
      0,
    ),
  };
}

export function figures({ durable, broker, ledger, metrics, log }: FiguresOptions): RepeatedPart {
  return repeat({
    name: 'figures',
    everyMs: EVERY_MS,
    log,
    run: async () => {
      const known = ledger();
      if (known !== undefined) {
        for (const [name, value] of Object.entries(ledgerFigures(known, Date.now()))) metrics.set(name, value);
      }
      if (!broker.connected) return;
      try {
        metrics.set('lagLive', (await broker.consumerLag('data', durable)) ?? 0);
        metrics.set('lagBacklog', (await broker.consumerLag('backlog', durable)) ?? 0);
      } catch (error) {
        log.debug({ err: error }, 'no lag figures at the moment');
      }
    },
  });
}

/** Batches recorded as lost for good. Gaps may overlap: two reasons for one batch count once. */
export function countLost(gaps: readonly Pick<GapRow, 'agent' | 'epoch' | 'from' | 'to'>[]): number {
  let count = 0;
  for (const list of Map.groupBy(gaps, ({ agent, epoch }) => `${agent} ${epoch}`).values()) {
    count += countValues(list.reduce((set, { from, to }) => addRange(set, from, to), EMPTY_RANGES));
  }
  return count;
}

/** What went wrong for good within the last day, as the store has it: it outlives the logger, so an alarm does too. */
export function dayFigures(
  store: {
    readonly ledger: Pick<LoggerStore['ledger'], 'quarantined'>;
    readonly audit: Pick<LoggerStore['audit'], 'gaps'>;
  },
  metrics: Metrics,
  log: Log,
): RepeatedPart {
  return repeat({
    name: 'day-figures',
    everyMs: STORE_EVERY_MS,
    log,
    run: async () => {
      const sinceMs = Date.now() - DAY_MS;
      try {
        metrics.set('quarantinedDay', await store.ledger.quarantined(sinceMs));
        metrics.set('lostBatchesDay', countLost(await store.audit.gaps(sinceMs)));
      } catch (error) {
        log.debug({ err: error }, 'no figures of the last day at the moment');
      }
    },
  });
}
