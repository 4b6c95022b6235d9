/** SQL that counts the distinct samples and events of whole hours, by agent id and hour. Pure. */
import { HOUR_MS } from '@kaiku/protocol';
import { timeSql } from '../read/sql.ts';

/** Reads the key columns of the days asked for, and no values. */
export function foundSql(fromMs: number, toMs: number): string {
  const hour = `intDiv(toUnixTimestamp64Milli(ts), ${HOUR_MS})`;
  const each = ['gauge', 'counter', 'event'].map(
    (table) =>
      `SELECT agent, ${hour} AS at, count() AS n FROM ${table} FINAL
       WHERE ts >= ${timeSql(fromMs)} AND ts < ${timeSql(toMs)} GROUP BY agent, at`,
  );
  return `SELECT toString(agent) AS agent, toString(at) AS hour, toString(sum(n)) AS rows
    FROM (${each.join(' UNION ALL ')}) AS counted GROUP BY counted.agent, at`;
}
