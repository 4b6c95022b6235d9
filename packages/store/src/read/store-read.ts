/** All reads of one store. High volumes come as Native blocks into typed arrays, the rest as JSON rows. */
import { SERIES_KIND, type SeriesKind } from '@kaiku/protocol';
import type { CounterColumns, DerivedRow, FactRow, GaugeColumns, SeriesInfo, StoreRead } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { alarmReads } from './alarms.ts';
import { eventReads } from './events.ts';
import { readGrid } from './grid.ts';
import { readLatest, readSeenBy } from './latest.ts';
import { NativeColumns } from './native-columns.ts';
import { idChunks, idsSql, textsSql, timeSql } from './sql.ts';

const MS = 'toFloat64(toUnixTimestamp64Milli(ts)) AS ms';
const KINDS = new Map<number, SeriesKind>(
  Object.entries(SERIES_KIND).map(([kind, code]) => [code, kind as SeriesKind]),
);

/** Joins the columns of chunks; of one chunk without copying. */
function join<A extends BigUint64Array | Float64Array | Uint32Array | Uint8Array>(
  chunks: readonly NativeColumns[],
  pick: (columns: NativeColumns) => A,
  make: (length: number) => A,
): A {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return pick(only);
  const out = make(chunks.reduce((sum, chunk) => sum + chunk.rows, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(pick(chunk) as never, at);
    at += chunk.rows;
  }
  return out;
}

export function storeRead(clickhouse: ClickHouse): StoreRead {
  const columnsOf = async (
    ids: readonly bigint[],
    sql: (list: string) => string,
  ): Promise<readonly NativeColumns[]> => {
    const chunks: NativeColumns[] = [];
    for (const part of idChunks(ids)) chunks.push(NativeColumns.decode(await clickhouse.native(sql(idsSql(part)))));
    return chunks;
  };
  const between = (fromMs: number, toMs: number): string => `ts >= ${timeSql(fromMs)} AND ts < ${timeSql(toMs)}`;

  return {
    ...alarmReads(clickhouse),
    ...eventReads(clickhouse),
    grid: (request) => readGrid(clickhouse, request),
    seenBy: (ids, notBeforeMs) => readSeenBy(clickhouse, ids, notBeforeMs),
    latest: (series, notBeforeMs) => readLatest(clickhouse, series, notBeforeMs),

    series: async (filter): Promise<readonly SeriesInfo[]> => {
      const entities = filter?.entities === undefined ? '1' : `entity IN ${textsSql(filter.entities)}`;
      const metrics = filter?.metrics === undefined ? '1' : `metric IN ${textsSql(filter.metrics)}`;
      const columns = NativeColumns.decode(
        await clickhouse.native(`SELECT series, entity, metric, instance, kind FROM series FINAL
          WHERE ${entities} AND ${metrics} ORDER BY entity, metric, instance`),
      );
      const [id, kind] = [columns.u64('series'), columns.u8('kind')];
      const [entity, metric, instance] = [columns.text('entity'), columns.text('metric'), columns.text('instance')];
      return Array.from(id, (series, row) => ({
        id: series,
        entity: entity[row] ?? '',
        metric: metric[row] ?? '',
        instance: instance[row] ?? '',
        kind: KINDS.get(kind[row] ?? 0) ?? 'gauge',
      }));
    },

    gauges: async (ids, fromMs, toMs): Promise<GaugeColumns> => {
      const chunks = await columnsOf(
        ids,
        (list) => `SELECT series, ${MS}, value, status FROM gauge FINAL
          WHERE series IN ${list} AND ${between(fromMs, toMs)} ORDER BY series, ts, agent`,
      );
      return {
        series: join(
          chunks,
          (each) => each.u64('series'),
          (length) => new BigUint64Array(length),
        ),
        ts: join(
          chunks,
          (each) => each.f64('ms'),
          (length) => new Float64Array(length),
        ),
        value: join(
          chunks,
          (each) => each.f64('value'),
          (length) => new Float64Array(length),
        ),
        status: join(
          chunks,
          (each) => each.u8('status'),
          (length) => new Uint8Array(length),
        ),
      };
    },

    counters: async (ids, fromMs, toMs): Promise<CounterColumns> => {
      const chunks = await columnsOf(
        ids,
        (list) => `SELECT series, agent, ${MS}, value, interval_ms, verdict FROM counter FINAL
          WHERE series IN ${list} AND ${between(fromMs, toMs)} ORDER BY series, agent, ts`,
      );
      return {
        series: join(
          chunks,
          (each) => each.u64('series'),
          (length) => new BigUint64Array(length),
        ),
        agent: join(
          chunks,
          (each) => each.u64('agent'),
          (length) => new BigUint64Array(length),
        ),
        ts: join(
          chunks,
          (each) => each.f64('ms'),
          (length) => new Float64Array(length),
        ),
        value: join(
          chunks,
          (each) => each.u64('value'),
          (length) => new BigUint64Array(length),
        ),
        intervalMs: join(
          chunks,
          (each) => each.u32('interval_ms'),
          (length) => new Uint32Array(length),
        ),
        verdict: join(
          chunks,
          (each) => each.u8('verdict'),
          (length) => new Uint8Array(length),
        ),
      };
    },

    facts: async (entities): Promise<readonly FactRow[]> => {
      if (entities.length === 0) return [];
      const columns = NativeColumns.decode(
        await clickhouse.native(`SELECT entity, name, instance, ${MS}, value FROM fact
          WHERE entity IN ${textsSql(entities)}
          ORDER BY entity, name, instance, ts DESC LIMIT 1 BY entity, name, instance`),
      );
      const [name, instance, value] = [columns.text('name'), columns.text('instance'), columns.text('value')];
      const ms = columns.f64('ms');
      return columns.text('entity').map((entity, row) => ({
        entity,
        name: name[row] ?? '',
        instance: instance[row] ?? '',
        ts: ms[row] ?? 0,
        value: value[row] ?? '',
      }));
    },

    derived: async (ids, fromMs, toMs): Promise<readonly DerivedRow[]> => {
      const chunks = await columnsOf(
        ids,
        (list) => `SELECT series, ${MS}, window_ms, value, observed, final FROM derived FINAL
          WHERE series IN ${list} AND ${between(fromMs, toMs)} ORDER BY series, ts, window_ms`,
      );
      return chunks.flatMap((columns) => {
        const [ms, windowMs, final] = [columns.f64('ms'), columns.u32('window_ms'), columns.u8('final')];
        const [value, observed] = [columns.f64('value'), columns.f64('observed')];
        return Array.from(columns.u64('series'), (series, row) => ({
          series,
          ts: ms[row] ?? 0,
          windowMs: windowMs[row] ?? 0,
          value: value[row] ?? Number.NaN,
          observed: observed[row] ?? 0,
          final: final[row] === 1,
        }));
      });
    },
  };
}
