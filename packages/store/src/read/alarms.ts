/** Alarm events: history, and the alarms that stand now. */
import { alarmEventSchema, type AlarmEvent } from '@kaiku/protocol';
import type { StoreRead } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { textsSql, timeSql } from './sql.ts';

interface EventRow {
  readonly alarm_no: string;
  readonly ms: string;
  readonly event: string;
  readonly entity: string;
  readonly rule: string;
  readonly instance: string;
  readonly severity: string;
  readonly value: number | null;
  readonly message: string;
  readonly actor: string;
  readonly token_no: string;
}

const COLUMNS = `toString(alarm) AS alarm_no, toString(toUnixTimestamp64Milli(ts)) AS ms, event, entity, rule, instance,
  severity, value, message, actor, toString(token) AS token_no`;

/** Rows that are no alarm event (of a later version, say) are left out. */
function asEvents(rows: readonly EventRow[]): readonly AlarmEvent[] {
  return rows.flatMap((row) => {
    const parsed = alarmEventSchema.safeParse({
      v: 1,
      alarm: row.alarm_no,
      tsMs: Number(row.ms),
      event: row.event,
      entity: row.entity,
      rule: row.rule,
      instance: row.instance,
      severity: row.severity,
      value: row.value,
      message: row.message,
      actor: row.actor,
      token: Number(row.token_no),
    });
    return parsed.success ? [parsed.data] : [];
  });
}

/**
 * Per alarm the newest state-changing event, unless it is `cleared`, and behind it the newest
 * acknowledgement of this episode (since it was last raised), unless that was taken back. Of events at
 * the same moment the later in the alarm's life counts: cleared after changed after raised.
 */
const ACTIVE = `
SELECT ${COLUMNS} FROM alarm_event FINAL
INNER JOIN (
  SELECT alarm,
    argMaxIf((ts, event), (ts, state_order), state_order > 0) AS state,
    argMaxIf((ts, event), ts, event IN ('acknowledged', 'unacknowledged')) AS ack,
    maxIf(ts, event = 'raised') AS raised
  FROM (
    SELECT alarm, ts, event, transform(event, ['raised', 'changed', 'cleared'], [1, 2, 3], 0) AS state_order
    FROM alarm_event FINAL
  )
  GROUP BY alarm
  HAVING state.2 IN ('raised', 'changed')
) AS active USING (alarm)
WHERE (ts, event) = state OR (event = 'acknowledged' AND (ts, event) = ack AND ts >= raised)
ORDER BY ts DESC, alarm`;

export function alarmReads(clickhouse: ClickHouse): Pick<StoreRead, 'activeAlarms' | 'alarmEvents'> {
  return {
    activeAlarms: async () => asEvents(await clickhouse.rows<EventRow>(ACTIVE)),
    alarmEvents: async ({ fromMs, toMs, entities, limit }) => {
      const only = entities === undefined ? '' : `AND entity IN ${textsSql(entities)}`;
      return asEvents(
        await clickhouse.rows<EventRow>(
          `SELECT ${COLUMNS} FROM alarm_event FINAL
           WHERE ts >= ${timeSql(fromMs)} AND ts < ${timeSql(toMs)} ${only}
           ORDER BY ts DESC, alarm LIMIT ${Math.max(0, Math.trunc(limit))}`,
        ),
      );
    },
  };
}
