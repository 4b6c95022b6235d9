/** Grids: series on equal steps. Reads by grid-sql, fills the steps; what has no data stays NaN. */
import type { SeriesKind } from '@kaiku/protocol';
import type { GridRequest, GridSeries } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { StoreError } from '../errors.ts';
import { planGrid, type GridPlan } from './grid-plan.ts';
import { counterGridSql, derivedGridSql, gaugeGridSql, tailSql } from './grid-sql.ts';
import { NativeColumns } from './native-columns.ts';
import { idChunks } from './sql.ts';

type Rows = Map<bigint, GridSeries>;

export async function readGrid(clickhouse: ClickHouse, request: GridRequest): Promise<readonly GridSeries[]> {
  let plan: GridPlan;
  try {
    plan = planGrid(request);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError(message, { kind: 'refused', engineCode: 0 }, { cause: error });
  }
  const rows: Rows = new Map();
  const empty = (): Float64Array => new Float64Array(plan.steps).fill(Number.NaN);
  for (const { id } of request.series) rows.set(id, { series: id, avg: empty(), min: empty(), max: empty() });
  const of = (kind: SeriesKind): readonly (readonly bigint[])[] =>
    idChunks(request.series.filter((each) => each.kind === kind).map((each) => each.id));

  const work: Promise<void>[] = [];
  for (const ids of of('gauge')) {
    work.push(
      withTail(clickhouse, 'gauge', ids, plan).then((rollup) =>
        fill(clickhouse, gaugeGridSql(ids, plan, rollup), rows),
      ),
    );
  }
  for (const ids of of('counter')) {
    work.push(
      withTail(clickhouse, 'counter', ids, plan).then((rollup) =>
        fill(clickhouse, counterGridSql(ids, plan, rollup), rows),
      ),
    );
  }
  for (const ids of of('derived')) work.push(fill(clickhouse, derivedGridSql(ids, plan), rows));
  await Promise.all(work);
  return request.series.flatMap(({ id }) => rows.get(id) ?? []);
}

async function withTail(
  clickhouse: ClickHouse,
  kind: 'gauge' | 'counter',
  ids: readonly bigint[],
  plan: GridPlan,
): Promise<{ table: string; tailMs: number; bucketMs: number } | undefined> {
  if (plan.rollup === undefined) return undefined;
  const table = `${kind}_${plan.rollup.suffix}`;
  const tail = NativeColumns.decode(await clickhouse.native(tailSql(table, ids, plan))).f64('tail')[0] ?? 0;
  return tail <= plan.fromMs ? undefined : { table, tailMs: tail, bucketMs: plan.rollup.bucketMs };
}

async function fill(clickhouse: ClickHouse, sql: string, into: Rows): Promise<void> {
  const columns = NativeColumns.decode(await clickhouse.native(sql));
  const series = columns.u64('series');
  const step = columns.u32('step');
  const [avg, min, max] = [columns.f64('avg'), columns.f64('min'), columns.f64('max')];
  let target: GridSeries | undefined;
  for (let row = 0; row < columns.rows; row += 1) {
    const id = series[row] ?? 0n;
    if (target?.series !== id) target = into.get(id);
    if (target === undefined) continue;
    const at = step[row] ?? 0;
    target.avg[at] = avg[row] ?? Number.NaN;
    target.min[at] = min[row] ?? Number.NaN;
    target.max[at] = max[row] ?? Number.NaN;
  }
}
