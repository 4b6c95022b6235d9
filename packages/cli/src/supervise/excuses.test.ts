import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Excuses } from './excuses.ts';

test('a stopped process has an excuse, an idle one and one that has ended have none', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const excuses = new Excuses();
  await expect.poll(() => excuses.of(pid)).toBe('');
  child.kill('SIGSTOP');
  await expect.poll(() => excuses.of(pid)).toBe('it was stopped');
  child.kill('SIGCONT');
  await expect.poll(() => excuses.of(pid)).toBe('');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(excuses.of(pid)).toBe('');
});
