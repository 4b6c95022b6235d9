/** A graph in words: for screen readers, mail subjects and everybody who cannot look. */
import type { GraphSpec } from './spec.ts';
import { summarize, type Summary } from './reduce/summary.ts';
import { formatValue } from './units/format.ts';
import { isoMinute } from './time/zone.ts';

/** Lines told one by one; more would be a recital. */
const TOLD = 4;

export function scaledSummary(line: GraphSpec['lines'][number]): Summary {
  const raw = summarize(line.avg, line.min, line.max);
  const scale = line.scale ?? 1;
  if (scale === 1) return raw;
  const low = raw.min * scale;
  const high = raw.max * scale;
  return {
    last: raw.last * scale,
    min: Math.min(low, high),
    avg: raw.avg * scale,
    max: Math.max(low, high),
    p95: raw.p95 * scale,
    count: raw.count,
  };
}

export const rangeText = (spec: GraphSpec): string =>
  `${isoMinute(spec.fromMs, spec.timeZone)} and ${isoMinute(spec.toMs, spec.timeZone)}`;

/** One or more sentences with the figures of the legend. */
export function describeGraph(spec: GraphSpec): string {
  return describeWith(spec, spec.lines.map(scaledSummary));
}

export function describeWith(spec: GraphSpec, summaries: readonly Summary[]): string {
  const name = spec.subtitle === undefined || spec.subtitle === '' ? spec.title : `${spec.title}, ${spec.subtitle}`;
  const head = `${name}, between ${rangeText(spec)} (${spec.timeZone})`;
  if (!summaries.some(({ count }) => count > 0)) return `${head}: no data.`;
  const told = summaries.slice(0, TOLD).map((summary, index) => {
    const label = spec.lines[index]?.label ?? '';
    if (summary.count === 0) return `${label} has no data`;
    const show = (value: number): string => formatValue(value, spec.unit);
    return `${label} last ${show(summary.last)}, average ${show(summary.avg)}, lowest ${show(summary.min)}, highest ${show(summary.max)}`;
  });
  const more = summaries.length - told.length;
  const alarms = spec.markers?.filter(({ kind }) => kind === 'alarm').length ?? 0;
  return (
    `${head}: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}.` +
    (alarms > 0 ? ` ${alarms} ${alarms === 1 ? 'alarm' : 'alarms'} marked.` : '')
  );
}
