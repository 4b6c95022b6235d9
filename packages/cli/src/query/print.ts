/** Query rows as a table, CSV or JSON. Pure. */
import { count, figure, utc } from '../terminal/format.ts';
import type { Style } from '../terminal/style.ts';
import { sheetCsv, table } from '../terminal/table.ts';
import type { QueryRow } from './rows.ts';

export function rowsAsText(rows: readonly QueryRow[], paint: Style): string {
  const lines = rows.map((row) => [
    utc(row.tsMs),
    row.entity,
    row.metric,
    row.instance,
    row.state === 'ok' || row.kind !== 'gauge' ? valueText(row) : '-',
    row.unit,
    row.rate === undefined ? '' : `${figure(row.rate)} ${row.unit}/s`,
    row.state === 'ok' ? row.state : paint.yellow(row.state),
    noteOf(row),
  ]);
  const columns = [
    { title: 'time' },
    { title: 'entity' },
    { title: 'metric' },
    { title: 'instance' },
    { title: 'value', right: true },
    { title: 'unit' },
    { title: 'rate', right: true },
    { title: 'state' },
    { title: '' },
  ];
  const used = columns.map((column, index) => column.title === 'time' || lines.some((line) => line[index] !== ''));
  const pick = <T>(cells: readonly T[]): readonly T[] => cells.filter((_, index) => used[index]);
  return `${table(pick(columns), lines.map(pick), '')}\n${count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}\n`;
}

/** Exactly as stored, so that it can be compared with snmpget. */
const valueText = ({ value }: QueryRow): string => (typeof value === 'string' ? value : figure(value));

function noteOf({ raw, agent, min, max }: QueryRow): string {
  const parts = [];
  if (raw !== undefined) parts.push(`raw ${raw}`);
  if (min !== undefined && max !== undefined && min !== max) parts.push(`${figure(min)} … ${figure(max)}`);
  if (agent !== undefined) parts.push(agent);
  return parts.join('  ');
}

const HEADER = ['time', 'entity', 'metric', 'instance', 'value', 'unit', 'rate', 'state', 'raw', 'agent', 'min', 'max'];

export function rowsAsCsv(rows: readonly QueryRow[]): string {
  const lines = rows.map((row) => [
    new Date(row.tsMs).toISOString(),
    row.entity,
    row.metric,
    row.instance,
    ...[row.value, row.unit, row.rate, row.state, row.raw, row.agent, row.min, row.max].map((cell) =>
      cell === undefined || Number.isNaN(cell) ? '' : String(cell),
    ),
  ]);
  return `${sheetCsv(HEADER, lines)}\r\n`;
}

/** One object; failed probes have the value null. */
export function rowsAsJson(rows: readonly QueryRow[]): string {
  const out = rows.map((row) => ({
    time: new Date(row.tsMs).toISOString(),
    ...row,
    value: typeof row.value === 'number' && Number.isNaN(row.value) ? null : row.value,
  }));
  return `${JSON.stringify({ rows: out })}\n`;
}

/** Rows of a free SQL question. */
export function recordsAsText(records: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = Object.keys(records[0] ?? {});
  const lines = records.map((record) => columns.map((column) => cellText(record[column])));
  return records.length === 0
    ? '0 rows\n'
    : `${table(
        columns.map((title) => ({ title })),
        lines,
        '',
      )}\n${count(records.length)} rows\n`;
}

export function recordsAsCsv(records: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = Object.keys(records[0] ?? {});
  return `${sheetCsv(
    columns,
    records.map((record) => columns.map((column) => cellText(record[column]))),
  )}\r\n`;
}

const cellText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
