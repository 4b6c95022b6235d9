/** What is wrong in a MIB file, with the place and what to do. An error loses its declaration, a warning less. */

export interface MibProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** `file:line: severity: message (hint)` */
export function problemText({ file, line, severity, message, hint }: MibProblem): string {
  return `${file}:${line}: ${severity}: ${message} (${hint})`;
}
