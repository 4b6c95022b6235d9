/**
 * SQL of grids, one statement per kind. Each yields (series, step, avg, min, max) for steps that have
 * data. Where a rollup fits it gives all but its newest bucket; from there on raw data is read, so that
 * what is not rolled up yet is drawn too.
 *
 * Per step one agent speaks: the one with most coverage (samples; for counters covered time). Pure.
 */
import type { GridPlan } from './grid-plan.ts';
import { idsSql, timeSql } from './sql.ts';

/** How far before a range the reading is looked for that its first step begins with. */
const COUNTER_LOOKBACK_MS = 3_600_000;
const WRAP_32 = 4_294_967_296;

/**
 * Raw counters with the rise over their step (NULL where there is none: reset, unknown, first reading,
 * or the reading before is missing). `span_ms` is the step's length by the device's clock.
 * A predecessor counts only when it lies about one interval back: after a hole it is another reading.
 */
export function counterStepsSql(where: string, fromMs: number, toMs: number): string {
  return `
  SELECT series, agent, ts, span_ms, if(span_ms = 0 OR rise IS NULL, NULL, rise) AS delta, verdict
  FROM (
    SELECT series, agent, ts, verdict, value, interval_ms AS span_ms,
      lagInFrame(value) OVER w AS before,
      toUnixTimestamp64Milli(lagInFrame(ts) OVER w) AS before_ms,
      multiIf(
        before_ms = 0, NULL,
        toUnixTimestamp64Milli(ts) - before_ms > least(span_ms * 1.5 + 2000, span_ms * 1.9), NULL,
        verdict = 0 AND value >= before, toFloat64(value - before),
        verdict = 1, toFloat64(value) + ${WRAP_32} - toFloat64(before),
        NULL) AS rise
    FROM counter FINAL
    WHERE ${where} AND ts >= ${timeSql(Math.max(0, fromMs - COUNTER_LOOKBACK_MS))} AND ts < ${timeSql(toMs)}
    WINDOW w AS (PARTITION BY series, agent ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  )
  WHERE ts >= ${timeSql(fromMs)}`;
}

/** Step of a moment; a bucket that began before the range belongs to the first step. */
function stepSql(ms: string, { fromMs, stepMs, steps }: GridPlan): string {
  return `toUInt32(least(greatest(intDiv(${ms} - ${fromMs}, ${stepMs}), 0), ${steps - 1}))`;
}

interface RollupRange {
  readonly table: string;
  /** Start of the newest bucket: raw data from here on. */
  readonly tailMs: number;
  readonly bucketMs: number;
}

function rollupWhere({ tailMs, bucketMs }: RollupRange, { fromMs }: GridPlan): string {
  const seconds = (ms: number): string => `toDateTime(${Math.floor(ms / 1000)}, 'UTC')`;
  return `bucket > ${seconds(fromMs - bucketMs)} AND bucket < ${seconds(tailMs)}`;
}

/** Newest bucket of some series in the range; empty answer (0) when nothing is rolled up. */
export function tailSql(table: string, ids: readonly bigint[], { fromMs, toMs }: GridPlan): string {
  return `SELECT toFloat64(toUnixTimestamp(max(bucket))) * 1000 AS tail FROM ${table}
    WHERE series IN ${idsSql(ids)} AND bucket >= toDateTime(${Math.floor(fromMs / 1000)}, 'UTC')
      AND bucket < toDateTime(${Math.ceil(toMs / 1000)}, 'UTC')`;
}

export function gaugeGridSql(ids: readonly bigint[], plan: GridPlan, rollup: RollupRange | undefined): string {
  const series = `series IN ${idsSql(ids)}`;
  const rawFromMs = Math.max(plan.fromMs, rollup?.tailMs ?? 0);
  const raw = `
    SELECT series, agent, ${stepSql('toUnixTimestamp64Milli(ts)', plan)} AS step,
      toFloat64(count()) AS n, sum(value) AS total, min(value) AS low, max(value) AS high
    FROM gauge FINAL
    WHERE ${series} AND ts >= ${timeSql(rawFromMs)} AND ts < ${timeSql(plan.toMs)} AND status = 0 AND isFinite(value)
    GROUP BY series, agent, step`;
  const rolled =
    rollup === undefined
      ? ''
      : `UNION ALL
    SELECT series, agent, ${stepSql('toUnixTimestamp(bucket) * 1000', plan)} AS step,
      toFloat64(sum(samples)) AS n, sum(value_sum) AS total, min(value_min) AS low, max(value_max) AS high
    FROM ${rollup.table} FINAL
    WHERE ${series} AND ${rollupWhere(rollup, plan)} AND samples > 0
    GROUP BY series, agent, step`;
  return bestAgentSql(`${raw} ${rolled}`, 'total / n');
}

export function counterGridSql(ids: readonly bigint[], plan: GridPlan, rollup: RollupRange | undefined): string {
  const series = `series IN ${idsSql(ids)}`;
  const rawFromMs = Math.max(plan.fromMs, rollup?.tailMs ?? 0);
  const raw = `
    SELECT series, agent, ${stepSql('toUnixTimestamp64Milli(ts)', plan)} AS step,
      toFloat64(sum(span_ms)) AS n, sum(assumeNotNull(delta)) AS total,
      min(assumeNotNull(delta) * 1000 / span_ms) AS low, max(assumeNotNull(delta) * 1000 / span_ms) AS high
    FROM (${counterStepsSql(series, rawFromMs, plan.toMs)})
    WHERE delta IS NOT NULL
    GROUP BY series, agent, step`;
  const rolled =
    rollup === undefined
      ? ''
      : `UNION ALL
    SELECT series, agent, ${stepSql('toUnixTimestamp(bucket) * 1000', plan)} AS step,
      toFloat64(sum(covered_ms)) AS n, sum(delta) AS total, min(rate_min) AS low, max(rate_max) AS high
    FROM ${rollup.table} FINAL
    WHERE ${series} AND ${rollupWhere(rollup, plan)} AND covered_ms > 0
    GROUP BY series, agent, step`;
  return bestAgentSql(`${raw} ${rolled}`, 'total * 1000 / n');
}

function bestAgentSql(parts: string, average: string): string {
  return `
SELECT series, step, best.1 AS avg, best.2 AS min, best.3 AS max FROM (
  SELECT series, step, argMax((${average}, low, high), (n, agent)) AS best FROM (
    SELECT series, agent, step, sum(n) AS n, sum(total) AS total, min(low) AS low, max(high) AS high
    FROM (${parts}) AS parts
    GROUP BY series, agent, step
  ) GROUP BY series, step
) ORDER BY series, step`;
}

/** Derived values: of several widths of window the narrowest; a window not observed at all gives nothing. */
export function derivedGridSql(ids: readonly bigint[], plan: GridPlan): string {
  return `
SELECT series, step, best.1 AS avg, best.2 AS min, best.3 AS max FROM (
  SELECT series, step, argMin((mean, low, high), window_ms) AS best FROM (
    SELECT series, window_ms, ${stepSql('toUnixTimestamp64Milli(ts)', plan)} AS step,
      avg(value) AS mean, min(value) AS low, max(value) AS high
    FROM derived FINAL
    WHERE series IN ${idsSql(ids)} AND ts >= ${timeSql(plan.fromMs)} AND ts < ${timeSql(plan.toMs)}
      AND observed > 0 AND isFinite(value)
    GROUP BY series, window_ms, step
  ) GROUP BY series, step
) ORDER BY series, step`;
}
