/** SQL of the rollups: whole buckets recomputed from raw data (hours from the 5-minute buckets). Pure. */
import { counterStepsSql } from '../read/grid-sql.ts';
import { timeSql } from '../read/sql.ts';

const HOUR_MS = 3_600_000;
/** Raw data is read in stretches of this length, which bounds the engine's memory. */
const STRETCH_MS = 6 * HOUR_MS;

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** [fromMs, toMs) widened to whole hours, in stretches of at most six. */
export function stretches(fromMs: number, toMs: number): readonly Stretch[] {
  const end = Math.ceil(toMs / HOUR_MS) * HOUR_MS;
  const out: Stretch[] = [];
  for (let at = Math.floor(fromMs / HOUR_MS) * HOUR_MS; at < end; at += STRETCH_MS) {
    out.push({ fromMs: at, toMs: Math.min(end, at + STRETCH_MS) });
  }
  return out;
}

/** Statements of one stretch, in order. `revision` decides which row of a bucket counts: the highest. */
export function rollupSql({ fromMs, toMs }: Stretch, revision: number): readonly string[] {
  const version = `toUInt64(${Math.trunc(revision)})`;
  const raw = `ts >= ${timeSql(fromMs)} AND ts < ${timeSql(toMs)}`;
  const buckets = `bucket >= toDateTime(${fromMs / 1000}, 'UTC') AND bucket < toDateTime(${toMs / 1000}, 'UTC')`;
  const five = `toDateTime(intDiv(toUnixTimestamp64Milli(ts), 300000) * 300, 'UTC')`;
  const hour = `toDateTime(intDiv(toUnixTimestamp(bucket), 3600) * 3600, 'UTC')`;
  const gauge = '(series, bucket, agent, samples, failed, value_sum, value_min, value_max, revision)';
  const counter = '(series, bucket, agent, delta, covered_ms, rate_min, rate_max, resets, revision)';
  return [
    `INSERT INTO gauge_5m ${gauge}
     SELECT series, ${five} AS slot, agent, countIf(good) AS n, countIf(status != 0), sumIf(value, good),
       if(n = 0, nan, minIf(value, good)), if(n = 0, nan, maxIf(value, good)), ${version}
     FROM (SELECT series, ts, agent, value, status, status = 0 AND isFinite(value) AS good FROM gauge FINAL WHERE ${raw})
     GROUP BY series, slot, agent`,
    `INSERT INTO gauge_1h ${gauge}
     SELECT series, ${hour} AS slot, agent, sum(samples) AS n, sum(failed), sum(value_sum),
       if(n = 0, nan, minIf(value_min, samples > 0)), if(n = 0, nan, maxIf(value_max, samples > 0)), ${version}
     FROM gauge_5m FINAL WHERE ${buckets}
     GROUP BY series, slot, agent`,
    `INSERT INTO counter_5m ${counter}
     SELECT series, ${five} AS slot, agent, sumIf(assumeNotNull(delta), delta IS NOT NULL) AS rise,
       sumIf(span_ms, delta IS NOT NULL) AS covered,
       if(covered = 0, nan, minIf(assumeNotNull(delta) * 1000 / span_ms, delta IS NOT NULL)),
       if(covered = 0, nan, maxIf(assumeNotNull(delta) * 1000 / span_ms, delta IS NOT NULL)),
       countIf(verdict = 2), ${version}
     FROM (${counterStepsSql('1', fromMs, toMs)})
     GROUP BY series, slot, agent`,
    `INSERT INTO counter_1h ${counter}
     SELECT series, ${hour} AS slot, agent, sum(delta), sum(covered_ms) AS covered,
       if(covered = 0, nan, minIf(rate_min, covered_ms > 0)), if(covered = 0, nan, maxIf(rate_max, covered_ms > 0)),
       sum(resets), ${version}
     FROM counter_5m FINAL WHERE ${buckets}
     GROUP BY series, slot, agent`,
  ];
}
