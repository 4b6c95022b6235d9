/**
 * Refining in the store: rollups recomputed per closed bucket, never incremented, so that running them
 * twice, late or from two loggers changes nothing; and the refiner's cursor.
 */
import type { StoreRefine } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { rollupSql, stretches } from './rollup-sql.ts';

const TIMEOUT_MS = 120_000;

export function storeRefine(clickhouse: ClickHouse): StoreRefine {
  return {
    rollup: async (fromMs, toMs, revision) => {
      for (const stretch of stretches(fromMs, toMs)) {
        for (const sql of rollupSql(stretch, revision)) await clickhouse.command(sql, { timeoutMs: TIMEOUT_MS });
      }
    },
    cursor: async () => {
      const [row] = await clickhouse.rows<{ at: string }>(
        "SELECT toString(argMax(cursor_ms, written)) AS at FROM refine_state WHERE name = 'rollup'",
      );
      return Number(row?.at ?? 0);
    },
    setCursor: (insertedMs) =>
      clickhouse.command(`INSERT INTO refine_state SELECT 'rollup', ${Math.trunc(insertedMs)}, now64(6)`),
  };
}
