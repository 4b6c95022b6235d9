/** Lifecycle, repeated tasks and the process that runs parts until a signal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { startAll, stopAll, type Part } from './lifecycle.ts';
import { repeat } from './repeat.ts';

const log = pino({ level: 'silent' });

function recorder(): { story: string[]; part: (name: string, fault?: 'start' | 'stop') => Part } {
  const story: string[] = [];
  const act = (verb: 'start' | 'stop', name: string, fault?: string): Promise<void> => {
    story.push(`${verb} ${name}`);
    return fault === verb ? Promise.reject(new Error(`${name} does not ${verb}`)) : Promise.resolve();
  };
  return {
    story,
    part: (name, fault) => ({ name, start: () => act('start', name, fault), stop: () => act('stop', name, fault) }),
  };
}

describe('parts', () => {
  test('start in order, stop in reverse', async () => {
    const { story, part } = recorder();
    const parts = [part('a'), part('b'), part('c')];
    await startAll(parts);
    await stopAll(parts);
    expect(story).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('when one does not start, those before it are stopped and the error goes on', async () => {
    const { story, part } = recorder();
    await expect(startAll([part('a'), part('b', 'start'), part('c')])).rejects.toThrow('b does not start');
    expect(story).toEqual(['start a', 'start b', 'stop a']);
  });

  test('one that does not stop keeps no other running', async () => {
    const { story, part } = recorder();
    await stopAll([part('a'), part('b', 'stop')], log);
    expect(story).toEqual(['stop b', 'stop a']);
  });
});

describe('repeat', () => {
  test('runs again and again, also after a failure, never twice at once', async () => {
    let runs = 0;
    let inside = 0;
    let most = 0;
    const part = repeat({
      name: 't',
      everyMs: 1,
      log,
      run: async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((done) => setImmediate(done));
        inside -= 1;
        runs += 1;
        if (runs === 2) throw new Error('once');
      },
    });
    await part.start();
    await part.start();
    await until('five runs', () => runs >= 5);
    await part.stop();
    const after = runs;
    await new Promise((done) => setTimeout(done, 20));
    expect(runs).toBe(after);
    expect(most).toBe(1);
  });

  test('wake runs it now; waking during a run makes one more', async () => {
    let runs = 0;
    let release: (() => void) | undefined;
    const part = repeat({
      name: 't',
      everyMs: 3_600_000,
      log,
      run: async () => {
        runs += 1;
        if (runs === 2) await new Promise<void>((done) => (release = done));
      },
    });
    await part.start();
    await until('first run', () => runs === 1);
    part.wake();
    await until('second run', () => runs === 2 && release !== undefined);
    part.wake();
    part.wake();
    release?.();
    await until('third run', () => runs === 3);
    await part.stop();
    expect(runs).toBe(3);
  });

  test('stop before start is safe, and stop tells the running task', async () => {
    await repeat({ name: 't', everyMs: 1, log, run: () => Promise.resolve() }).stop();
    let told = false;
    const part = repeat({
      name: 't',
      everyMs: 1,
      log,
      run: (signal) =>
        new Promise((done) => {
          signal.addEventListener('abort', () => {
            told = true;
            done();
          });
        }),
    });
    await part.start();
    await part.stop();
    expect(told).toBe(true);
  });
});

describe('runUntilSignal', () => {
  const script = `
    import { runUntilSignal } from ${JSON.stringify(fileURLToPath(new URL('lifecycle.ts', import.meta.url)))};
    import { createLog } from ${JSON.stringify(fileURLToPath(new URL('log.ts', import.meta.url)))};
    const part = { name: 'p', start: async () => { setInterval(() => {}, 1000); }, stop: async () => { console.log('flushed'); } };
    await runUntilSignal([part], createLog({ role: 'web', name: 'w', level: 'info' }));
  `;
  const run = async (
    end: (child: ReturnType<typeof spawn>) => void,
    program = script,
  ): Promise<{ code: unknown; out: string }> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, KAIKU_SUPERVISED: '1', NODE_NO_WARNINGS: '1' },
    });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
    await until('running', () => out.includes('"running"'));
    end(child);
    const [code] = (await once(child, 'exit')) as [unknown];
    return { code, out };
  };

  test('SIGTERM stops the parts and ends with 0', async () => {
    const { code, out } = await run((child) => child.kill('SIGTERM'));
    expect(code).toBe(0);
    expect(out).toContain('flushed');
  });

  test('a process that still waits for its parts can be ended', async () => {
    const forever = `() => new Promise(() => setInterval(() => console.log('"running"'), 10))`;
    const waiting = script.replace('[part]', forever);
    const { code } = await run((child) => child.kill('SIGTERM'), waiting);
    expect(code).toBe(0);
  });

  test('the end of the supervisor ends the child', async () => {
    const { code, out } = await run((child) => child.stdin?.end());
    expect(code).toBe(0);
    expect(out).toContain('flushed');
  });
});
