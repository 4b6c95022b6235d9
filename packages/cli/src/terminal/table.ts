/** Columns of text, as wide as they need to be. Pure. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const COLOUR = /\u001b\[\d+m/g;

// eslint-disable-next-line no-control-regex -- a colour's own escape character stays
const CONTROL = /(?!\u001b\[\d+m)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A cell on one line: what devices wrote into it moves no cursor and begins no row. */
const shown = (text: string): string => text.replaceAll(CONTROL, ' ');

const width = (text: string): number => Array.from(text.replaceAll(COLOUR, '')).length;

export function table(columns: readonly Column[], cells: readonly (readonly string[])[], indent = '  '): string {
  const rows = cells.map((row) => row.map(shown));
  const widths = columns.map(({ title }, index) =>
    Math.max(width(title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    `${indent}${row
      .map((cell, index) => {
        const pad = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)));
        return columns[index]?.right === true ? pad + cell : cell + pad;
      })
      .join('  ')}`.trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

/** Comma-separated values (RFC 4180): quoted where needed. */
export function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n');
}

/** The same for spreadsheets: what devices wrote is no formula. Not for what is read back. */
export function sheetCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return csv(
    header,
    rows.map((row) => row.map((text) => (FORMULA.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text))),
  );
}

/** A cell beginning so is taken for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
