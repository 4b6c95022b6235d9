/** Cuts a batch that passes a limit in two: each table's first half of rows, then its second. Pure. */
import type { ColumnData } from '@kaiku/protocol';
import type { TableRows } from '@kaiku/protocol';

export function countRows(tables: readonly TableRows[]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/** Two lists that together hold every row once, in order; the second is empty when there is but one row. */
export function halve(tables: readonly TableRows[]): readonly [readonly TableRows[], readonly TableRows[]] {
  const first = tables.map((each) => cut(each, 0, Math.ceil(each.rows / 2)));
  const second = tables.map((each) => cut(each, Math.ceil(each.rows / 2), each.rows));
  return [first.filter(({ rows }) => rows > 0), second.filter(({ rows }) => rows > 0)];
}

function cut({ table, data }: TableRows, from: number, to: number): TableRows {
  return { table, rows: to - from, data: data.map((column) => cutColumn(column, from, to)) };
}

function cutColumn(column: ColumnData, from: number, to: number): ColumnData {
  return 'subarray' in column ? column.subarray(from, to) : column.slice(from, to);
}
