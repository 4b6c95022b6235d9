/** The simulator as a process: starts, answers, ends when told. */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answersSnmp } from './servers/snmpd.ts';
import { waitFor } from './servers/wait.ts';

describe('main', () => {
  it('runs the offices until SIGTERM', { timeout: 30_000 }, async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const script = `import { main } from ${JSON.stringify(main)}; await main({ snmpPort: 20340, controlListen: '127.0.0.1:20341' });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const list = await waitFor(
      async () => (await fetch('http://127.0.0.1:20341/devices')).json(),
      20_000,
      'the control interface',
    );
    expect(list).toContainEqual(expect.objectContaining({ id: 'hel-rtr-1', address: '127.20.1.1' }));
    expect(await answersSnmp('127.20.1.1', 20_340, 'public')).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
