import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'kaiku-log-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('keeps three files and never more than their bound', () => {
  const log = new LogFile(join(dir, 'logs/part.log'), 1000);
  for (let line = 0; line < 200; line += 1) log.write(`line ${line} ${'x'.repeat(40)}`);
  log.close();
  expect(readdirSync(join(dir, 'logs')).toSorted()).toEqual(['part.log', 'part.log.1', 'part.log.2']);
  for (const file of readdirSync(join(dir, 'logs'))) expect(statSync(join(dir, 'logs', file)).size).toBeLessThan(1100);
  expect(readFileSync(join(dir, 'logs/part.log'), 'utf8')).toContain('line 199');
});

test('a folder that cannot be written loses lines, not the supervisor', () => {
  const log = new LogFile('/dev/null/no-such-folder/part.log');
  expect(() => log.write('lost')).not.toThrow();
  expect(existsSync('/dev/null/no-such-folder')).toBe(false);
});
