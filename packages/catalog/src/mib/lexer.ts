/**
 * A MIB file's text as tokens. Tolerant: vendors' files have underscores in names, comments of every make, and bytes of
 * no encoding. A comment runs to the end of its line, as all compilers in use take it. Never throws. Pure.
 */

export interface Token {
  /** `word` takes in keywords, names and numbers; `text` is what stood in quotes. */
  readonly kind: 'word' | 'text' | 'mark' | 'end';
  readonly value: string;
  readonly line: number;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  /** Line where a quote was opened that nothing closes; 0 when there is none. */
  readonly openQuoteLine: number;
}

/** One thing after the other: white space, comment, text, ::=, range dots, bit or hex string, word, any other character. */
const PIECE = /\s+|--[^\n\r]*|"[^"]*"|::=|\.\.|'[0-9A-Fa-f\s]*'[BbHh]?|\w(?:-?\w)*|[^]/gu;

export function lex(source: string): Lexed {
  const tokens: Token[] = [];
  let line = 1;
  let openQuoteLine = 0;
  for (const [piece] of source.matchAll(PIECE)) {
    const first = piece.charCodeAt(0);
    if (piece.startsWith('--')) continue;
    if (first <= 0x20 || first === 0xfeff || first === 0xa0) {
      line += newLines(piece);
      continue;
    }
    if (piece === '"') {
      openQuoteLine ||= line;
      break;
    }
    if (first === 0x22) tokens.push({ kind: 'text', value: piece.slice(1, -1), line });
    else tokens.push({ kind: isWord(first) ? 'word' : 'mark', value: piece, line });
    line += newLines(piece);
  }
  tokens.push({ kind: 'end', value: 'the end of the file', line });
  return { tokens, openQuoteLine };
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}

function newLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
