/** One line of an answer, and how columns of the store become lines. Pure. */
import { PROBE_STATUS, SERIES_KIND, VERDICT, type SeriesKind } from '@kaiku/protocol';
import type { CounterColumns, DerivedRow, GaugeColumns, GridSeries, SeriesInfo } from '@kaiku/store';

export interface QueryRow {
  readonly entity: string;
  readonly metric: string;
  readonly instance: string;
  readonly kind: SeriesKind;
  readonly tsMs: number;
  /** As stored; counters exactly, as decimal text. */
  readonly value: number | string;
  readonly unit: string;
  /** Units per second, counters only. */
  readonly rate?: number;
  /** As the device said it, where the stored value is scaled (TimeTicks to seconds). */
  readonly raw?: number;
  /** Counters: ok, wrapped, reset, unknown. Probes: ok or why not. */
  readonly state: string;
  /** Who measured it, where the row says so. */
  readonly agent?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface MetricMeaning {
  readonly unit: string;
  readonly scale: number;
}

export interface Naming {
  readonly meaning: (metric: string) => MetricMeaning;
  readonly agentName: (id: bigint) => string;
}

const nameOf = (codes: Readonly<Record<string, number>>, code: number): string =>
  Object.entries(codes).find(([, value]) => value === code)?.[0] ?? String(code);

const head = (
  info: SeriesInfo,
  naming: Naming,
): Pick<QueryRow, 'entity' | 'metric' | 'instance' | 'kind' | 'unit'> => ({
  entity: info.entity,
  metric: info.metric,
  instance: info.instance,
  kind: info.kind,
  unit: naming.meaning(info.metric).unit,
});

export function gaugeRows(
  columns: GaugeColumns,
  byId: ReadonlyMap<bigint, SeriesInfo>,
  naming: Naming,
): readonly QueryRow[] {
  const rows: QueryRow[] = [];
  columns.series.forEach((id, index) => {
    const info = byId.get(id);
    if (info === undefined) return;
    const value = columns.value[index] ?? Number.NaN;
    const { scale } = naming.meaning(info.metric);
    const scaled = scale !== 1 && !Number.isNaN(value) ? { raw: Math.round(value / scale) } : {};
    const state = nameOf(PROBE_STATUS, columns.status[index] ?? 0);
    rows.push({ ...head(info, naming), tsMs: columns.ts[index] ?? 0, value, ...scaled, state });
  });
  return rows;
}

const WRAP_32 = 1n << 32n;

/** Rates come from neighbouring readings of one agent, as their verdict allows. */
export function counterRows(
  columns: CounterColumns,
  byId: ReadonlyMap<bigint, SeriesInfo>,
  naming: Naming,
): readonly QueryRow[] {
  const rows: QueryRow[] = [];
  columns.series.forEach((id, index) => {
    const info = byId.get(id);
    if (info === undefined) return;
    const value = columns.value[index] ?? 0n;
    const verdict = columns.verdict[index] ?? VERDICT.unknown;
    const sameSeries = columns.series[index - 1] === id && columns.agent[index - 1] === columns.agent[index];
    const before = sameSeries ? columns.value[index - 1] : undefined;
    const rate = rateOf(before, value, verdict, columns.intervalMs[index] ?? 0);
    rows.push({
      ...head(info, naming),
      tsMs: columns.ts[index] ?? 0,
      value: value.toString(),
      ...(rate === undefined ? {} : { rate }),
      state: nameOf(VERDICT, verdict),
      agent: naming.agentName(columns.agent[index] ?? 0n),
    });
  });
  return rows;
}

function rateOf(before: bigint | undefined, value: bigint, verdict: number, intervalMs: number): number | undefined {
  if (before === undefined || intervalMs <= 0) return undefined;
  if (verdict !== VERDICT.ok && verdict !== VERDICT.wrapped) return undefined;
  const rise = verdict === VERDICT.wrapped ? value + WRAP_32 - before : value - before;
  return rise < 0n ? undefined : (Number(rise) * 1000) / intervalMs;
}

export function derivedRows(
  derived: readonly DerivedRow[],
  byId: ReadonlyMap<bigint, SeriesInfo>,
  naming: Naming,
): readonly QueryRow[] {
  return derived.flatMap(({ series, ts, value, final }) => {
    const info = byId.get(series);
    return info === undefined
      ? []
      : [{ ...head(info, naming), tsMs: ts, value, state: final ? 'final' : 'provisional' }];
  });
}

/** Steps in which nothing is known give no row. A counter's value is its rate here. */
export function gridRows(
  grids: readonly GridSeries[],
  { fromMs, stepMs }: { readonly fromMs: number; readonly stepMs: number },
  byId: ReadonlyMap<bigint, SeriesInfo>,
  naming: Naming,
): readonly QueryRow[] {
  const rows: QueryRow[] = [];
  for (const { series, avg, min, max } of grids) {
    const info = byId.get(series);
    if (info === undefined) continue;
    const base = head(info, naming);
    const unit = SERIES_KIND[info.kind] === SERIES_KIND.counter ? `${base.unit}/s` : base.unit;
    avg.forEach((value, index) => {
      if (Number.isNaN(value)) return;
      const bounds = { min: min[index] ?? value, max: max[index] ?? value };
      rows.push({ ...base, unit, tsMs: fromMs + index * stepMs, value, ...bounds, state: 'ok' });
    });
  }
  return rows;
}

/** The newest row of each series and agent. */
export function newest(rows: readonly QueryRow[]): readonly QueryRow[] {
  const last = new Map<string, QueryRow>();
  for (const row of rows) {
    const key = [row.entity, row.metric, row.instance, row.agent ?? ''].join('\u001f');
    const before = last.get(key);
    if (before === undefined || before.tsMs <= row.tsMs) last.set(key, row);
  }
  return [...last.values()];
}

export const inOrder = (rows: readonly QueryRow[]): readonly QueryRow[] =>
  rows.toSorted(
    (a, b) =>
      a.entity.localeCompare(b.entity) ||
      a.metric.localeCompare(b.metric) ||
      a.instance.localeCompare(b.instance, undefined, { numeric: true }) ||
      a.tsMs - b.tsMs,
  );
