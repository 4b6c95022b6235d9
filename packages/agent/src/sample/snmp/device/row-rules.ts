/**
 * Which rows of a table count, and what they are called: by a column, by another table they point at, or by the text
 * their index is. Columns of other tables are walked beside a table's own; their rows have other indexes, no values, and
 * so do not count. Pure.
 */
import type { CheckPlan, RowFilterPlan } from '@kaiku/catalog';
import type { Grid } from '../walk/grid.ts';
import type { TableRow } from '../walk/rows.ts';
import { cellText, hasCell } from './cells.ts';

type TableCheck = Extract<CheckPlan, { check: 'snmp-table' }>;

interface Filter {
  readonly column: number;
  readonly is: ReadonlySet<string> | undefined;
  readonly not: ReadonlySet<string> | undefined;
}

/** Columns a check needs besides names, metrics and facts. */
export function helperOids({ where = [], lookup, metrics }: TableCheck): readonly string[] {
  const filters = [...where, ...metrics.flatMap((metric) => metric.where ?? [])];
  const exponents = metrics.flatMap(({ exponent }) => [exponent?.scale, exponent?.precision]);
  return [...filters.map(({ oid }) => oid), ...(lookup?.names ?? []), lookup?.by, ...exponents].filter(
    (oid) => oid !== undefined,
  );
}

export function filtersOf(where: readonly RowFilterPlan[] = [], oids: readonly string[]): readonly Filter[] {
  return where.map(({ oid, is, not }) => ({
    column: oids.indexOf(oid),
    is: is === undefined ? undefined : new Set(is),
    not: not === undefined ? undefined : new Set(not),
  }));
}

export function passes(filters: readonly Filter[], row: TableRow<unknown>, grid: Grid): boolean {
  return filters.every(({ column, is, not }) => {
    const text = cellText(grid, row, column);
    return is?.has(text) ?? not?.has(text) !== true;
  });
}

export class RowRules {
  readonly #filters: readonly Filter[];
  readonly #values: readonly number[];
  readonly #names: readonly number[];
  readonly #lookupNames: readonly number[];
  readonly #lookupBy: number;
  readonly #lookupParts: number;
  readonly #textIndex: boolean;
  readonly #numbered: string | undefined;

  /** @param oids the columns that are walked, in order */
  constructor({ where, lookup, nameOids, textIndex, numbered, metrics, facts }: TableCheck, oids: readonly string[]) {
    const columns = (wanted: readonly string[]): number[] => wanted.map((oid) => oids.indexOf(oid));
    this.#filters = filtersOf(where, oids);
    this.#values = columns([...metrics, ...facts].map(({ oid }) => oid));
    this.#names = columns(nameOids);
    this.#lookupNames = columns(lookup?.names ?? []);
    this.#lookupBy = oids.indexOf(lookup?.by ?? '');
    this.#lookupParts = lookup?.parts ?? 0;
    this.#textIndex = textIndex === true;
    this.#numbered = numbered;
  }

  /** The row has a value, and is of those asked for. */
  counts(row: TableRow<unknown>, grid: Grid): boolean {
    return this.#values.some((column) => hasCell(grid, row, column)) && passes(this.#filters, row, grid);
  }

  /** True when names may come from columns that a walk cut short has not brought. */
  get needsColumns(): boolean {
    return this.#names.length + this.#lookupNames.length > 0;
  }

  /** What rows are called, in the same order; undefined where nothing says it. */
  texts(rows: readonly TableRow<unknown>[], all: readonly TableRow<unknown>[], grid: Grid): (string | undefined)[] {
    const word = this.#numbered;
    if (word !== undefined) return rows.map((_, at) => `${word} ${at}`);
    if (this.#lookupNames.length === 0) return rows.map((row) => this.#ownText(row, grid));
    const byIndex = new Map(all.map((row) => [row.text, row]));
    return rows.map((row) => this.#ownText(row, grid) ?? this.#foundText(row, byIndex, grid));
  }

  #ownText(row: TableRow<unknown>, grid: Grid): string | undefined {
    if (this.#textIndex) return decodedIndex(row.text);
    return firstText(this.#names, row, grid);
  }

  #foundText(row: TableRow<unknown>, byIndex: ReadonlyMap<string, TableRow<unknown>>, grid: Grid): string | undefined {
    const parts = row.text.split('.');
    const pointer = this.#lookupBy >= 0 ? cellText(grid, row, this.#lookupBy).split('.').at(-1) : undefined;
    const found = byIndex.get(pointer ?? parts.slice(0, this.#lookupParts).join('.'));
    const text = found === undefined ? undefined : firstText(this.#lookupNames, found, grid);
    if (text === undefined || pointer !== undefined || parts.length === this.#lookupParts) return text;
    return `${text} ${parts.slice(this.#lookupParts).join('.')}`;
  }
}

function firstText(columns: readonly number[], row: TableRow<unknown>, grid: Grid): string | undefined {
  for (const column of columns) {
    const text = cellText(grid, row, column);
    if (text !== '') return text;
  }
  return undefined;
}

/** A DisplayString as index: its length, then its characters; IMPLIED without the length. Undefined when it is none. */
function decodedIndex(index: string): string | undefined {
  const numbers = index.split('.').map(Number);
  const codes = numbers[0] === numbers.length - 1 ? numbers.slice(1) : numbers;
  return codes.length > 0 && codes.every((code) => code >= 0x20 && code < 0x7f)
    ? String.fromCharCode(...codes)
    : undefined;
}
