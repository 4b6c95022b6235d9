/** Columns of text, as wide as they need to be. Pure. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const COLOUR = /\u001b\[\d+m/g;

const width = (text: string): number => Array.from(text.replaceAll(COLOUR, '')).length;

export function table(columns: readonly Column[], rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(width(title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    `${indent}${cells
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

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
