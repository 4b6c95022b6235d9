/** Newest values of many series: one statement per kind, merged over agents by latest-value. */
import type { SeriesKind } from '@kaiku/protocol';
import type { AgentReading, LatestValue } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { counterRate, preferLatest, type CounterReadingRow } from './latest-value.ts';
import { NativeColumns } from './native-columns.ts';
import { idChunks, idsSql, timeSql } from './sql.ts';

const MS = 'toFloat64(toUnixTimestamp64Milli(ts)) AS ms';

export async function readLatest(
  clickhouse: ClickHouse,
  series: readonly { id: bigint; kind: SeriesKind }[],
  notBeforeMs: number,
): Promise<readonly LatestValue[]> {
  const best = new Map<bigint, LatestValue>();
  const offer = (value: LatestValue): void => {
    const known = best.get(value.series);
    best.set(value.series, known === undefined ? value : preferLatest(known, value));
  };
  const of = (kind: SeriesKind): readonly (readonly bigint[])[] =>
    idChunks(series.filter((each) => each.kind === kind).map((each) => each.id));
  const where = (ids: readonly bigint[]): string => `series IN ${idsSql(ids)} AND ts >= ${timeSql(notBeforeMs)}`;

  const plain = async (sql: string): Promise<void> => {
    const columns = NativeColumns.decode(await clickhouse.native(sql));
    const [id, ms, value, status] = [
      columns.u64('series'),
      columns.f64('ms'),
      columns.f64('value'),
      columns.u8('status'),
    ];
    for (let row = 0; row < columns.rows; row += 1) {
      offer({ series: id[row] ?? 0n, ts: ms[row] ?? 0, value: value[row] ?? Number.NaN, status: status[row] ?? 0 });
    }
  };
  const work: Promise<void>[] = [];
  for (const ids of of('gauge')) {
    work.push(
      plain(`SELECT series, ${MS}, value, status FROM gauge WHERE ${where(ids)}
        ORDER BY series, agent, ts DESC LIMIT 1 BY series, agent`),
    );
  }
  for (const ids of of('derived')) {
    work.push(
      plain(`SELECT series, ${MS}, value, toUInt8(0) AS status FROM derived FINAL WHERE ${where(ids)} AND observed > 0
        ORDER BY series, ts DESC, window_ms LIMIT 1 BY series`),
    );
  }
  for (const ids of of('counter')) work.push(latestRates(clickhouse, where(ids), offer));
  await Promise.all(work);
  return [...best.values()];
}

/** Gauges as each agent last saw them, ordered by series and agent. */
export async function readSeenBy(
  clickhouse: ClickHouse,
  ids: readonly bigint[],
  notBeforeMs: number,
): Promise<readonly AgentReading[]> {
  const out: AgentReading[] = [];
  for (const part of idChunks(ids)) {
    const columns = NativeColumns.decode(
      await clickhouse.native(`SELECT series, agent, ${MS}, value, status FROM gauge
        WHERE series IN ${idsSql(part)} AND ts >= ${timeSql(notBeforeMs)}
        ORDER BY series, agent, ts DESC LIMIT 1 BY series, agent`),
    );
    const [id, agent, ms] = [columns.u64('series'), columns.u64('agent'), columns.f64('ms')];
    const [value, status] = [columns.f64('value'), columns.u8('status')];
    for (let row = 0; row < columns.rows; row += 1) {
      out.push({
        series: id[row] ?? 0n,
        agent: agent[row] ?? 0n,
        ts: ms[row] ?? 0,
        value: value[row] ?? Number.NaN,
        status: status[row] ?? 0,
      });
    }
  }
  return out;
}

async function latestRates(clickhouse: ClickHouse, where: string, offer: (value: LatestValue) => void): Promise<void> {
  const columns = NativeColumns.decode(
    await clickhouse.native(`SELECT series, agent, ${MS}, value, interval_ms, verdict FROM counter FINAL WHERE ${where}
      ORDER BY series, agent, ts DESC LIMIT 2 BY series, agent`),
  );
  const [id, agent, ms] = [columns.u64('series'), columns.u64('agent'), columns.f64('ms')];
  const [value, interval, verdict] = [columns.u64('value'), columns.u32('interval_ms'), columns.u8('verdict')];
  const reading = (row: number): CounterReadingRow => ({
    ts: ms[row] ?? 0,
    value: value[row] ?? 0n,
    intervalMs: interval[row] ?? 0,
    verdict: verdict[row] ?? 0,
  });
  const same = (a: number, b: number): boolean => id[a] === id[b] && agent[a] === agent[b];
  for (let row = 0; row < columns.rows; row += 1) {
    if (row > 0 && same(row, row - 1)) continue;
    const before = row + 1 < columns.rows && same(row, row + 1) ? reading(row + 1) : undefined;
    const now = reading(row);
    offer({ series: id[row] ?? 0n, ts: now.ts, value: counterRate(before, now), status: 0 });
  }
}
