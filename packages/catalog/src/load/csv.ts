/**
 * Comma-separated values (RFC 4180) as they come from spreadsheets: a byte order mark, commas, semicolons or tabs, any line ends,
 * quotes with line ends inside. Pure.
 */

export interface CsvRow {
  /** Of its first character, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvProblem {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

export interface Csv {
  readonly rows: readonly CsvRow[];
  readonly problems: readonly CsvProblem[];
}

const SEPARATORS = [',', ';', '\t'] as const;
type Separator = (typeof SEPARATORS)[number];

/** Rows without any text are left out. After a quote that never ends nothing is read. */
export function parseCsv(text: string): Csv {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: CsvRow[] = [];
  const problems: CsvProblem[] = [];
  let [at, line] = [0, 1];
  while (at < source.length) {
    const start = line;
    const cells: string[] = [];
    for (;;) {
      const cell = source[at] === '"' ? quotedCell(source, at) : plainCell(source, at, separator);
      if (cell === undefined) {
        problems.push({
          line: start,
          message: 'a quote is opened and never closed',
          hint: 'a quote inside a cell is written twice: ""',
        });
        return { rows, problems };
      }
      cells.push(cell.text);
      line += newlines(source, at, cell.end);
      at = cell.end;
      if (source[at] === separator) {
        at += 1;
        continue;
      }
      if (at < source.length && source[at] !== '\r' && source[at] !== '\n') {
        problems.push({ line, message: 'text stands behind a closing quote', hint: 'put the whole cell into quotes' });
        while (at < source.length && source[at] !== '\n') at += 1;
      }
      break;
    }
    if (source[at] === '\r') at += 1;
    if (source[at] === '\n') at += 1;
    line += 1;
    if (cells.some((cell) => cell.trim() !== '')) rows.push({ line: start, cells });
  }
  return { rows, problems };
}

/** The one that is most often in the first line, outside quotes. */
function separatorOf(source: string): Separator {
  const header = (/^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(source)?.[0] ?? '').replaceAll(/"(?:[^"]|"")*"/g, '');
  const count = (separator: Separator): number => header.split(separator).length;
  return SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best));
}

interface Cell {
  readonly text: string;
  readonly end: number;
}

function plainCell(source: string, start: number, separator: Separator): Cell {
  let end = start;
  while (end < source.length && source[end] !== separator && source[end] !== '\n' && source[end] !== '\r') end += 1;
  return { text: source.slice(start, end), end };
}

function quotedCell(source: string, start: number): Cell | undefined {
  let text = '';
  for (let at = start + 1; ;) {
    const quote = source.indexOf('"', at);
    if (quote === -1) return undefined;
    text += source.slice(at, quote);
    if (source[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    at = quote + 2;
  }
}

function newlines(source: string, from: number, to: number): number {
  let count = 0;
  for (let at = source.indexOf('\n', from); at !== -1 && at < to; at = source.indexOf('\n', at + 1)) count += 1;
  return count;
}
