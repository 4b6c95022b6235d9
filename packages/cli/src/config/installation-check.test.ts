/** Good and bad installation files through the real command: exact message, exit code 2, nothing started. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const PORT = 20_886;
const SLOW_MS = 60_000;

const dir = mkdtempSync(join(tmpdir(), 'kaiku-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function kaiku(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd, timeout: 30_000 }, (_error, stdout, stderr) => {
      done({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** A copy of the fixtures for one test: those that come as far as their data folder would see each other's. */
function placeFor(file: string): string {
  const place = join(dir, `of-${file}`);
  cpSync(FIXTURES, place, { recursive: true });
  return place;
}

describe.concurrent('installation files', () => {
  for (const file of globSync('*.good.yaml', { cwd: FIXTURES })) {
    test(`${file} is good`, { timeout: SLOW_MS }, async () => {
      const outcome = await kaiku(FIXTURES, 'up', '--check-only', '-c', file);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toContain('all checks passed');
    });
  }

  for (const file of globSync('*.bad.yaml', { cwd: FIXTURES })) {
    test(`${file} is refused with its message`, { timeout: SLOW_MS }, async () => {
      const place = placeFor(file);
      const [expected, hint] = readFileSync(join(FIXTURES, file), 'utf8').split('\n');
      const outcome = await kaiku(place, 'up', '-c', file);
      expect(outcome.stderr.replaceAll(`${place}/`, '')).toBe(
        `kaiku: ${expected?.replace('# expect: ', '') ?? ''}\n  ${hint?.replace('# ', '') ?? ''}\n`,
      );
      expect(outcome.code).toBe(2);
      expect(outcome.stdout).toBe('');
      expect(existsSync(join(place, 'kaiku-data'))).toBe(false);
    });
  }

  test('a file that is not there', { timeout: SLOW_MS }, async () => {
    const outcome = await kaiku(dir, 'up', '-c', 'nowhere.yaml');
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: 'kaiku: nowhere.yaml: there is no such file\n  hint: write one with: ./kaiku init\n',
    });
  });

  test('a file that cannot be read', { timeout: SLOW_MS }, async () => {
    const outcome = await kaiku(dir, 'up', '-c', dir);
    expect(outcome.stderr).toBe(`kaiku: ${dir}: cannot be read (EISDIR)\n  hint: check its owner and permissions\n`);
    expect(outcome.code).toBe(2);
  });

  test('a port that is taken: named with its line, nothing started', { timeout: SLOW_MS }, async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(PORT, '127.0.0.1', done));
    const text = `version: 1\ninstallation: Taken\nbroker: { url: nats://127.0.0.1:20887 }\nwebs:\n  - { name: web-1, listen: 127.0.0.1:${PORT} }\n`;
    writeFileSync(join(dir, 'taken.yaml'), text);
    const outcome = await kaiku(dir, 'up', '-c', 'taken.yaml');
    taken.close();
    expect(outcome.stderr).toBe(
      `kaiku: taken.yaml:5: webs.0.listen: port ${PORT} on 127.0.0.1 is taken by another program\n` +
        `  hint: choose another port here, or stop the program: ss -ltnp 'sport = :${PORT}' names it\n`,
    );
    expect(outcome).toMatchObject({ code: 2, stdout: '' });

    expect(existsSync(join(dir, 'kaiku-data'))).toBe(false);
  });

  test('what init writes is good, and init overwrites nothing unasked', { timeout: SLOW_MS }, async () => {
    const made = await kaiku(dir, 'init', 'office', '--json');
    expect(made.code).toBe(0);
    const { password } = JSON.parse(made.stdout) as { password: string };
    expect(password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){2}$/);
    expect(readFileSync(join(dir, 'office/catalog.yaml'), 'utf8')).not.toContain(password);
    expect(existsSync(join(dir, 'office/keys/agent-agent-1.nk'))).toBe(true);
    expect(existsSync(join(dir, 'office/keys/broker.crt'))).toBe(true);
    // A port of this test's own: the default one may be somebody's running installation.
    const file = join(dir, 'office/kaiku.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(':14222', ':20888'));
    const checked = await kaiku(dir, 'apply', '-c', 'office/kaiku.yaml');
    expect(checked.stderr).toContain('the broker does not answer at tls://127.0.0.1:20888');
    expect(checked.code).toBe(1);
    const again = await kaiku(dir, 'init', 'office');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('are there already');
  });
});
