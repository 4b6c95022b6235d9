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

/**
 * The text of a file as spreadsheets write it: UTF-8, UTF-16 ("Unicode text"), or the Windows code page of western Europe, which
 * is what Excel's plain "CSV" is. Every other text of bytes that are no UTF-8 would lose its umlauts without a word.
 */
export function decodeCsv(bytes: Uint8Array): { readonly text: string; readonly encoding: string } {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodedAs('utf-16le', bytes);
  if (first === 0xfe && second === 0xff) return decodedAs('utf-16be', bytes);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    return decodedAs('windows-1252', bytes);
  }
}

const decodedAs = (encoding: string, bytes: Uint8Array): { readonly text: string; readonly encoding: string } => ({
  text: new TextDecoder(encoding).decode(bytes),
  encoding,
});

/** Excel's own first line: which separator follows. */
const SEPARATOR_LINE = /^sep=([,;\t])(?:\r\n|\r|\n)/i;

/** Rows without any text are left out. After a quote that never ends nothing is read. */
export function parseCsv(text: string): Csv {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const said = SEPARATOR_LINE.exec(source);
  const separator = SEPARATORS.find((each) => each === said?.[1]) ?? separatorOf(source);
  const rows: CsvRow[] = [];
  const problems: CsvProblem[] = [];
  let [at, line] = said === null ? [0, 1] : [said[0].length, 2];
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
