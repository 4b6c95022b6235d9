/** What is preloaded into every process: code without types is kept, believed only when whole, and never needed. */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const HOOK = 'packages/cli/src/strip-types.mjs';
const SOURCE = `interface Shape { readonly sides: number }\nconst shape: Shape = { sides: 4 };\nthrow new Error(\`\${shape.sides}\`);\n`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaiku-strip types-'));
  mkdirSync(join(root, 'packages/cli/src'), { recursive: true });
  copyFileSync(join(import.meta.dirname, 'strip-types.mjs'), join(root, HOOK));
  writeFileSync(join(root, 'packages/cli/src/main.ts'), SOURCE);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folder = (): string => join(root, '.kaiku/stripped', process.version);
const keptFile = (): string => join(folder(), readdirSync(folder())[0] ?? '');

/** The first words of the error it ends with, and where. */
function run(): string {
  const main = join(root, 'packages/cli/src/main.ts');
  const script = `import(${JSON.stringify(main)}).catch((e) => console.log(e.stack.split('\\n').slice(0, 2).join(' ')))`;
  const env = { ...process.env, NODE_OPTIONS: `--import="${join(root, HOOK)}"`, NODE_NO_WARNINGS: '1' };
  return execFileSync(process.execPath, ['-e', script], { env }).toString().trim();
}

test('is kept, and then used; lines and columns are the source’s', () => {
  expect(run()).toMatch(/^Error: 4 .*main\.ts:3:7$/);
  const code = readFileSync(keptFile(), 'utf8').slice(0, -43);
  expect(code).toContain('const shape');
  expect(code).not.toContain('interface');
  const other = code.replace('sides: 4', 'sides: 5');
  writeFileSync(keptFile(), `${other}\n//${hash('sha1', other)}`);
  expect(run()).toMatch(/^Error: 5 /);
  writeFileSync(join(root, 'packages/cli/src/main.ts'), SOURCE.replace('4', '6'));
  expect(run()).toMatch(/^Error: 6 /);
});

test('torn or spoilt is made anew', () => {
  run();
  const whole = readFileSync(keptFile(), 'utf8');
  for (const damaged of ['', whole.slice(0, 30), whole.replace('sides: 4', 'sides: 5')]) {
    writeFileSync(keptFile(), damaged);
    expect(run()).toMatch(/^Error: 4 /);
    expect(readFileSync(keptFile(), 'utf8')).toBe(whole);
  }
});

test('where nothing can be written, Node strips by itself', () => {
  writeFileSync(join(root, '.kaiku'), 'no folder');
  expect(run()).toMatch(/^Error: 4 .*main\.ts:3:7$/);
});

test('as a program it does all sources but tests', () => {
  writeFileSync(join(root, 'packages/cli/src/main.test.ts'), 'let a: number = 1;');
  execFileSync(process.execPath, [join(root, HOOK)], { env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  expect(readdirSync(folder())).toHaveLength(1);
});
