/**
 * Health reports in, samples out: every ten seconds the figures of each part whose partition this analyzer holds are
 * published as results, so they are stored, graphed and judged like any other. A part that has stopped to report gives
 * no samples, which is what its alarm waits for. Best effort: a sample that was not published is not made up later.
 */
import { repeat, type Broker, type Log, type RepeatedPart, type ResultPublisher, type Subscription } from '@kaiku/core';
import { agentId, decode, healthReportSchema, PROBE_STATUS, seriesId, seriesRows, subjects } from '@kaiku/protocol';
import type { HealthReport, SeriesName, TableRows } from '@kaiku/protocol';
import type { Clock } from '../lease/clock.ts';
import type { WatchPlan } from '../read/watch-plan.ts';
import { figuresOf, mergeReports } from './part-figures.ts';
import { PART_EVERY_MS } from './part-rules.ts';

/** A report older than this is no sign of life. */
const FRESH_MS = 8000;
const DESCRIBE_EVERY_MS = 3600_000;
/** Reports kept: more parts than any installation has. */
const MOST_PARTS = 5000;

export interface PartSamplerOptions {
  /** Name of this analyzer: the samples are its. */
  readonly name: string;
  readonly broker: Pick<Broker, 'subscribe'>;
  readonly results: Pick<ResultPublisher, 'publish'>;
  readonly plan: () => WatchPlan;
  /** Partitions held now. */
  readonly held: () => ReadonlySet<number>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Heard {
  readonly report: HealthReport;
  readonly atMs: number;
}

export interface PartReading {
  readonly series: SeriesName;
  readonly value: number;
}

/** Readings of the parts heard of lately whose entity is watched in a held partition. Pure. */
export function readParts(
  reports: readonly HealthReport[],
  plan: WatchPlan,
  held: ReadonlySet<number>,
): readonly PartReading[] {
  const out: PartReading[] = [];
  for (const same of Map.groupBy(reports, ({ role, name }) => `${role}/${name}`).values()) {
    const report = mergeReports(same);
    if (report === undefined) continue;
    const watched = plan.devices.get(report.name);
    if (watched === undefined || !held.has(watched.partition)) continue;
    for (const { metric, value: of } of figuresOf(report.role)) {
      const value = of(report);
      if (value !== undefined) out.push({ series: { entity: report.name, metric, instance: '' }, value });
    }
  }
  return out;
}

export function gaugeRows(readings: readonly PartReading[], agent: string, atMs: number): TableRows {
  return {
    table: 'gauge',
    rows: readings.length,
    data: [
      BigUint64Array.from(readings, ({ series }) => seriesId(series)),
      new BigInt64Array(readings.length).fill(BigInt(atMs)),
      new BigUint64Array(readings.length).fill(agentId(agent)),
      Float64Array.from(readings, ({ value }) => value),
      new Uint8Array(readings.length).fill(PROBE_STATUS.ok),
    ],
  };
}

export function partSampler({ name, broker, results, plan, held, clock, log }: PartSamplerOptions): RepeatedPart {
  const heard = new Map<string, Heard>();
  const describedMs = new Map<string, number>();
  let subscription: Subscription | undefined;
  let slotMs = 0;

  const hear = (bytes: Uint8Array): void => {
    const report = decode(healthReportSchema, bytes);
    if (report === undefined) return;
    const key = `${report.role}/${report.name}/${report.pid}`;
    if (heard.size < MOST_PARTS || heard.has(key)) heard.set(key, { report, atMs: clock.steadyMs() });
  };
  const fresh = (): readonly HealthReport[] => {
    for (const [key, { atMs }] of heard) if (clock.steadyMs() - atMs > FRESH_MS) heard.delete(key);
    return [...heard.values()].map(({ report }) => report);
  };
  const undescribed = (readings: readonly PartReading[], nowMs: number): readonly SeriesName[] =>
    readings.flatMap(({ series }) => {
      const key = `${series.entity} ${series.metric}`;
      if (nowMs - (describedMs.get(key) ?? -Infinity) < DESCRIBE_EVERY_MS) return [];
      describedMs.set(key, nowMs);
      return [series];
    });

  const repeated = repeat({
    name: 'parts',
    everyMs: PART_EVERY_MS / 10,
    log,
    run: async () => {
      const nowMs = clock.wallMs();
      const slot = Math.floor(nowMs / PART_EVERY_MS) * PART_EVERY_MS;
      if (slot <= slotMs) return;
      slotMs = slot;
      const readings = readParts(fresh(), plan(), held());
      if (readings.length === 0) return;
      const names = undescribed(readings, nowMs);
      const tables = [gaugeRows(readings, name, slot)];
      if (names.length > 0)
        tables.unshift(
          seriesRows(
            names.map(({ entity, metric, instance }) => ({ entity, metric, instance, kind: 'gauge' })),
            nowMs,
          ),
        );
      await results.publish(tables, slot, slot);
    },
  });
  return {
    ...repeated,
    start: async () => {
      subscription ??= broker.subscribe(subjects.healthAll, hear);
      await repeated.start();
    },
    stop: async () => {
      subscription?.stop();
      subscription = undefined;
      await repeated.stop();
    },
  };
}
