/** Parts held, released and restarted through the socket, by its real two ends. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askSupervisor, listenForControl, type Control } from './control.ts';
import { Supervisor } from './supervisor.ts';

const CHILD = fileURLToPath(new URL('fixtures/fake-child.ts', import.meta.url));
const DEADLINE_MS = 10_000;

let dir: string;
let supervisor: Supervisor;
let control: Control;
let reloads = 0;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-control-G-'));
  supervisor = new Supervisor({ onLine: () => undefined, onChange: () => undefined });
  supervisor.startStage([
    { role: 'fake', name: 'fake-1', command: process.execPath, args: [CHILD, 'serve'] },
    { role: 'fake', name: 'fake-2', command: process.execPath, args: [CHILD, 'stubborn'] },
  ]);
  control = await listenForControl(dir, supervisor, () => (reloads += 1));
});
afterEach(async () => {
  supervisor.kill();
  await supervisor.stop();
  await control.close();
  rmSync(dir, { recursive: true, force: true });
});

const pidOf = (name: string): number | undefined => supervisor.find(name)?.pid;

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

test('a held part stays away until it is released', async () => {
  expect(statSync(join(dir, 'control.sock')).mode & 0o777).toBe(0o600);
  const before = pidOf('fake-1');
  const [held] = await askSupervisor(dir, { command: 'hold', name: 'fake-1', hard: true });
  expect(held).toMatchObject({ name: 'fake-1', state: 'held', held: true, pid: null });
  const [released] = await askSupervisor(dir, { command: 'release', name: 'fake-1' });
  expect(released).toMatchObject({ state: 'running', held: false });
  expect(pidOf('fake-1')).not.toBe(before);
});

test('a part that was held for a time comes back by itself', async () => {
  await askSupervisor(dir, { command: 'hold', name: 'fake-1', hard: true, forMs: 50 });
  await until('released', () => pidOf('fake-1') !== undefined);
});

test('restart gives another process; a released part that runs is left alone', async () => {
  const before = pidOf('fake-1');
  await askSupervisor(dir, { command: 'restart', name: 'fake-1' });
  const after = pidOf('fake-1');
  expect(after).not.toBe(before);
  await askSupervisor(dir, { command: 'release', name: 'fake-1' });
  expect(pidOf('fake-1')).toBe(after);
});

test('what does not stop is held all the same, and a stop of everything ends a hold', async () => {
  await askSupervisor(dir, { command: 'hold', name: 'fake-2', hard: true });
  await supervisor.stop();
  expect(supervisor.children.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  await expect(askSupervisor(dir, { command: 'release', name: 'fake-2' })).rejects.toThrow('is stopping');
});

test('unknown parts are named with those that are known; the broker is told', async () => {
  await expect(askSupervisor(dir, { command: 'hold', name: 'x' })).rejects.toMatchObject({
    message: 'there is no part "x" here',
    hint: 'known: fake-1, fake-2',
  });
  const before = reloads;
  await askSupervisor(dir, { command: 'reload-broker' });
  expect(reloads).toBe(before + 1);
});

test('a folder with a long name, and one where nobody listens', async () => {
  const long = join(dir, 'x'.repeat(120));
  mkdirSync(long);
  await expect(askSupervisor(long, { command: 'list' })).rejects.toThrow(`no kaiku up runs on ${long}`);
  const other = await listenForControl(long, supervisor, () => undefined);
  expect(await askSupervisor(long, { command: 'list' })).toHaveLength(2);
  await other.close();
});
