/** The command as a program: what it writes into a pipe arrives whole. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
/** What a pipe holds without its reader. */
const PIPE_BYTES = 65_536;

it('gives all of a long answer to the next program', () => {
  const pipe = '"$0" "$1" templates --json | cat';
  const text = execFileSync('sh', ['-c', pipe, process.execPath, MAIN], { maxBuffer: 100 * PIPE_BYTES }).toString();
  expect(text.length).toBeGreaterThan(2 * PIPE_BYTES);
  expect(text.endsWith('}\n')).toBe(true);
});
