/**
 * What a SQL text is, as far as the embedded server must know: read or write, one statement or several,
 * and, for an INSERT whose rows come in the body, its parts. Pure. It does not judge syntax: that is
 * the engine's part; it only has to find words and semicolons outside quotes and comments.
 */
export type StatementKind = 'read' | 'write' | 'session';

const READ = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', '(']);
/** SET and USE would outlive the request on a shared session; over HTTP they have no effect anyway. */
const SESSION = new Set(['SET', 'USE']);

/** Offset behind white space and comments. */
function skipBlank(sql: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < sql.length && /\s/.test(sql[at] ?? '')) at += 1;
    if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end + 1;
    } else if (sql.startsWith('/*', at)) {
      const end = sql.indexOf('*/', at + 2);
      at = end < 0 ? sql.length : end + 2;
    } else return at;
  }
}

function firstWord(sql: string): string {
  const at = skipBlank(sql, 0);
  if (sql[at] === '(') return '(';
  return (/^[A-Za-z]+/.exec(sql.slice(at, at + 20))?.[0] ?? '').toUpperCase();
}

export function statementKind(sql: string): StatementKind {
  const word = firstWord(sql);
  if (SESSION.has(word)) return 'session';
  return READ.has(word) ? 'read' : 'write';
}

/** Offset behind a quoted text that begins at `from`; backslash and doubled quotes escape. */
function skipQuoted(sql: string, from: number): number {
  const quote = sql[from];
  let at = from + 1;
  while (at < sql.length) {
    if (sql[at] === '\\') at += 2;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 2;
    } else at += 1;
  }
  return sql.length;
}

/** True when something follows a semicolon: several statements in one request, which ClickHouse refuses too. */
export function isMultiStatement(sql: string): boolean {
  const inline = /^insert$/i.test(firstWord(sql)) ? inlineDataAt(sql) : sql.length;
  let at = 0;
  while (at < inline) {
    const next = skipBlank(sql, at);
    if (next >= inline) return false;
    const letter = sql[next];
    if (letter === "'" || letter === '"' || letter === '`') at = skipQuoted(sql, next);
    else if (letter === ';') {
      const rest = skipBlank(sql, next + 1);
      if (rest < sql.length && sql[rest] !== ';') return true;
      at = rest;
    } else at = next + 1;
  }
  return false;
}

/** Where the rows of `INSERT … FORMAT X rows` or `VALUES rows` begin; the end when there are none. */
function inlineDataAt(sql: string): number {
  const match = /\b(?:FORMAT\s+[A-Za-z]+|VALUES)\b/i.exec(sql);
  return match === null ? sql.length : match.index + match[0].length;
}

export interface BodyInsert {
  /** `INSERT INTO kaiku.gauge (series, ts)` */
  readonly head: string;
  /** `SETTINGS …` of the statement, or empty. */
  readonly settings: string;
  readonly format: string;
}

const BODY_INSERT =
  /^\s*(INSERT\s+INTO\s+(?:TABLE\s+)?[A-Za-z0-9_.`"]+\s*(?:\([^()]*(?:\([^()]*\))?[^()]*\))?)\s*(SETTINGS\s[^;]*?)?\s*FORMAT\s+([A-Za-z0-9]+)\s*;?\s*$/i;

/** The parts of an INSERT that ends in FORMAT and brings its rows in the request's body. */
export function parseBodyInsert(sql: string): BodyInsert | undefined {
  const match = BODY_INSERT.exec(sql);
  const head = match?.[1];
  const format = match?.[3];
  if (head === undefined || format === undefined) return undefined;
  return { head: head.trim(), settings: match?.[2]?.trim() ?? '', format };
}

/** A text as a SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
