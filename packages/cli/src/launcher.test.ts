/** The launcher `./kaiku`: a clean shell script that finds its way with an empty home and a bare PATH. */
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from './commands/options.ts';
import { findProgram } from './programs.ts';

const LAUNCHER = join(ROOT, 'kaiku');
const SLOW_MS = 60_000;
const dir = mkdtempSync(join(tmpdir(), 'kaiku-launcher-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function launch(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = dir,
): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(program, args, { cwd, env, timeout: 50_000 }, (_error, stdout, stderr) => {
      done({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const BARE = { PATH: '/usr/bin:/bin', KAIKU_OFFLINE: '1' };

/** A checkout with nothing installed: enough of it for the launcher to look at. */
function bareCheckout(): string {
  const root = mkdtempSync(join(dir, 'checkout-'));
  copyFileSync(LAUNCHER, join(root, 'kaiku'));
  for (const folder of ['packages/cli', 'test']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['package.json', 'packages/cli/package.json', 'test/package.json'])
    writeFileSync(join(root, file), '{}');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) writeFileSync(join(root, file), '');
  return root;
}

test('is valid POSIX shell', () => {
  expect(() => execFileSync('sh', ['-n', LAUNCHER])).not.toThrow();
});

test.skipIf(findProgram('shellcheck') === undefined)('has nothing that shellcheck minds', () => {
  expect(execFileSync('shellcheck', [LAUNCHER]).toString()).toBe('');
});

test(
  'runs with an empty home and a bare PATH, through a symbolic link, from elsewhere',
  { timeout: SLOW_MS },
  async () => {
    const link = join(dir, 'kaiku-link');
    symlinkSync(LAUNCHER, link);
    const home = mkdtempSync(join(dir, 'home-'));
    const outcome = await launch(link, ['--version'], { ...BARE, HOME: home });
    expect(outcome.stdout).toMatch(/^kaiku \d+\.\d+\.\d+ \(node v22\.\d+\.\d+\)\n$/);
    expect(outcome.code).toBe(0);
  },
);

test('hands arguments and the exit code through', { timeout: SLOW_MS }, async () => {
  const outcome = await launch(LAUNCHER, ['up', '--roles', 'two words'], { ...BARE, HOME: dir });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('there is no role "two words"');
});

test('says what is missing when it may fetch nothing, and gives the lock back', { timeout: SLOW_MS }, async () => {
  const root = bareCheckout();
  const outcome = await launch(join(root, 'kaiku'), ['--help'], { ...BARE, PATH: '/bin', HOME: '/nonexistent' });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(
    /^kaiku: Node \d+\.\d+\.\d+ or pnpm \d+\.\d+\.\d+ is missing, and KAIKU_OFFLINE=1 forbids fetching it\n {2}hint: /,
  );
  const again = await launch(join(root, 'kaiku'), ['--help'], { ...BARE, HOME: '/nonexistent' });
  expect(again.stderr).toBe(outcome.stderr);
});

test('takes over the lock of a launcher that is gone', { timeout: SLOW_MS }, async () => {
  const root = bareCheckout();
  mkdirSync(join(root, '.kaiku/lock'), { recursive: true });
  writeFileSync(join(root, '.kaiku/lock/pid'), '4194305\n');
  const outcome = await launch(join(root, 'kaiku'), ['--help'], { ...BARE, HOME: '/nonexistent' });
  expect(outcome.stderr).toContain('is missing, and KAIKU_OFFLINE=1');
});
