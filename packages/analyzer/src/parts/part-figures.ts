/**
 * Which figures of a part's health report become samples, so that alarms and graphs of Kaiku itself are made by the
 * same means as everybody else's. Pure.
 */
import type { HealthReport } from '@kaiku/protocol';

export type PartRole = HealthReport['role'];

interface PartFigure {
  readonly metric: string;
  /** Undefined when the report does not tell. */
  readonly value: (report: HealthReport) => number | undefined;
}

const figure =
  (name: string, scale = 1) =>
  ({ figures }: HealthReport): number | undefined => {
    const value = figures[name];
    return value === undefined ? undefined : value * scale;
  };

const SECONDS = 1 / 1000;
const EVERY_ROLE: readonly PartFigure[] = [
  { metric: 'partReady', value: ({ ready }) => (ready ? 1 : 0) },
  { metric: 'partRss', value: figure('rssBytes') },
];

const OF_ROLE: Readonly<Partial<Record<PartRole, readonly PartFigure[]>>> = {
  agent: [
    { metric: 'agentFenced', value: figure('fenced') },
    { metric: 'agentClockOffset', value: figure('clockOffsetMs', SECONDS) },
    { metric: 'agentBufferDaysLeft', value: figure('bufferDaysLeft') },
    { metric: 'agentLostBatches', value: figure('lostBatches') },
  ],
  logger: [
    {
      metric: 'loggerLag',
      value: ({ figures }) =>
        figures['lagLive'] === undefined
          ? undefined
          : figures['lagLive'] + (figures['lagBacklog'] ?? 0) + (figures['lagReplay'] ?? 0),
    },
    { metric: 'loggerGaps', value: figure('gapBatches') },
    { metric: 'loggerLostDay', value: figure('lostBatchesDay') },
    { metric: 'loggerQuarantinedDay', value: figure('quarantinedDay') },
    { metric: 'loggerAuditAge', value: figure('auditAgeMs', SECONDS) },
  ],
};

export function figuresOf(role: PartRole): readonly PartFigure[] {
  return [...EVERY_ROLE, ...(OF_ROLE[role] ?? [])];
}

/**
 * One report of several processes that speak under one name: ready only if all are, of each figure the largest. A
 * fenced second agent shows thereby.
 */
export function mergeReports(reports: readonly HealthReport[]): HealthReport | undefined {
  const [first, ...others] = reports;
  if (first === undefined) return undefined;
  const figures: Record<string, number> = { ...first.figures };
  for (const { figures: more } of others) {
    for (const [name, value] of Object.entries(more)) figures[name] = Math.max(figures[name] ?? -Infinity, value);
  }
  return { ...first, ready: reports.every(({ ready }) => ready), figures };
}
