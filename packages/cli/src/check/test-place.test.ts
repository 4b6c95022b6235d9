/** Whatever a run of tests leaves behind is found and taken away, and nothing else. */
import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTestPlace } from './test-place.ts';

test('a process of the run is told and killed, one that is not is left alone, the folder is removed', async () => {
  const place = makeTestPlace();
  expect(place.env['TMPDIR']).toBe(place.dir);
  expect(place.dir.startsWith(tmpdir())).toBe(true);
  expect(statSync(place.dir).mode & 0o777).toBe(0o711);
  const start = (env: Readonly<Record<string, string>>) =>
    spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  const [ours, other] = [start(place.env), start({})];
  try {
    const ended = new Promise((done) => ours.once('exit', (_code, signal) => done(signal)));
    expect(await place.leftBehind(0)).toEqual([{ pid: ours.pid, command: 'sleep 600' }]);
    writeFileSync(join(place.dir, 'file'), '');
    place.clear();
    expect(await ended).toBe('SIGKILL');
    expect(existsSync(place.dir)).toBe(false);
    expect(await place.leftBehind(30_000)).toEqual([]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  } finally {
    ours.kill('SIGKILL');
    other.kill('SIGKILL');
  }
});
