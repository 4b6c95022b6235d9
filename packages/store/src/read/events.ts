/** Events of devices and agents: traps, syslog, changes. */
import type { EventFilter, EventPlace, EventRow, StoreRead } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { textsSql, timeSql } from './sql.ts';

interface Row {
  readonly id_no: string;
  readonly ms: string;
  readonly agent_no: string;
  readonly entity: string;
  readonly source: string;
  readonly kind: string;
  readonly name: string;
  readonly severity: number;
  readonly message: string;
  readonly fields: string;
  readonly raw: string;
}

const COLUMNS = `toString(id) AS id_no, toString(toUnixTimestamp64Milli(ts)) AS ms, toString(agent) AS agent_no, entity, source,
  kind, name, severity, message, fields, raw`;

function conditions({
  fromMs,
  toMs,
  entities,
  kinds,
  names,
  severity,
  text,
  namesOfText,
  before,
}: EventFilter): string {
  const one = (column: string, values: readonly string[] | undefined): string[] =>
    values === undefined ? [] : [`${column} IN ${textsSql(values)}`];
  return [
    `ts >= ${timeSql(fromMs)} AND ts < ${timeSql(toMs)}`,
    ...one('entity', entities),
    ...one('kind', kinds),
    ...one('name', names),
    ...(severity === undefined ? [] : [`severity <= ${Math.trunc(severity)}`]),
    ...(text === undefined || text === '' ? [] : [fits(text, namesOfText ?? [])]),
    ...(before === undefined ? [] : [behind(before)]),
  ].join(' AND ');
}

function fits(text: string, names: readonly string[]): string {
  const inMessage = `positionCaseInsensitiveUTF8(message, ${textSql(text)}) > 0`;
  return names.length === 0 ? inMessage : `(${inMessage} OR name IN ${textsSql(names)})`;
}

/** The first condition alone lets whole days and blocks be passed over. */
function behind({ tsMs, agent, id }: EventPlace): string {
  const at = timeSql(tsMs);
  return `ts <= ${at} AND (ts < ${at} OR agent > ${agent} OR (agent = ${agent} AND id < ${id}))`;
}

const textSql = (text: string): string => textsSql([text]).slice(1, -1);

/** Fields that are no flat texts (of a later version, say) are shown as they stand. */
function fieldsOf(text: string): Readonly<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
    }
  } catch {
    // Below.
  }
  return text === '' ? {} : { fields: text };
}

export function eventReads(clickhouse: ClickHouse): Pick<StoreRead, 'events'> {
  return {
    events: async (filter): Promise<readonly EventRow[]> => {
      const rows = await clickhouse.rows<Row>(
        `SELECT ${COLUMNS} FROM event FINAL WHERE ${conditions(filter)}
         ORDER BY ts DESC, agent, id DESC LIMIT ${Math.max(0, Math.trunc(filter.limit))}`,
      );
      return rows.map((row) => ({
        id: BigInt(row.id_no),
        tsMs: Number(row.ms),
        agent: BigInt(row.agent_no),
        entity: row.entity,
        source: row.source,
        kind: row.kind,
        name: row.name,
        severity: row.severity,
        message: row.message,
        fields: fieldsOf(row.fields),
        rawBase64: row.raw,
      }));
    },
  };
}
