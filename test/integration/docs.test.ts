/** The documentation keeps its word: commands of the README exist, error codes are explained, links lead somewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kaiku, ROOT } from '../support/installation.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const documents = ['README.md', ...globSync('{docs,deploy,packages}/**/*.md', { cwd: ROOT })].filter(
  (file) => !file.includes('node_modules'),
);

describe('documentation', () => {
  const commands = new Set([...read('README.md').matchAll(/\.\/kaiku ([a-z]+)/g)].map((match) => match[1] ?? ''));

  test('the README names the two commands a newcomer needs', () => {
    expect([...commands]).toEqual(expect.arrayContaining(['demo', 'test']));
  });

  test.each([...commands])('./kaiku %s of the README exists', async (command) => {
    const { code, stdout } = await kaiku(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`usage: kaiku ${command}`);
  });

  test('every error code is explained in docs/errors.md', () => {
    const table = read('docs/errors.md');
    const sources = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
    const codes = sources.flatMap((file) =>
      [...read(file).matchAll(/readonly code = '([A-Z_]+)'/g)].map((match) => match[1] ?? ''),
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !new RegExp(`\\| \`?${code}\`? \\|`).test(table))).toEqual([]);
  });

  test.each(documents)('links of %s lead somewhere', (file) => {
    const links = [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(ROOT, dirname(file), link)));
    expect(broken).toEqual([]);
  });
});
