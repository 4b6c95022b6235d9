import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { BackoffPolicy } from './backoff.ts';
import type { Child } from './child.ts';
import { roleProbe } from './probes.ts';
import { Supervisor } from './supervisor.ts';
import type { WatchPolicy } from './watch.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const DEADLINE_MS = 10_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const QUICK: BackoffPolicy = { firstMs: 20, maxMs: 80, resetAfterMs: 60_000, configWithinMs: 5000 };
const QUICK_WATCH: WatchPolicy = { misses: 3, silentMs: 400, everyMs: 50, answerMs: 150, lateMs: 1000 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('supervisor', () => {
  const running: Supervisor[] = [];
  const lines: string[] = [];
  const changes: string[] = [];

  function supervise(stopWithinMs = 3000): Supervisor {
    const supervisor = new Supervisor(
      {
        onLine: (spec, line) => lines.push(`${spec.name} ${line}`),
        onChange: (child: Child, what) => changes.push(`${child.spec.name} ${what}`),
      },
      { policy: QUICK, watch: QUICK_WATCH, stopWithinMs },
    );
    running.push(supervisor);
    return supervisor;
  }
  const start = (supervisor: Supervisor, ...behaviours: readonly string[]): readonly Child[] =>
    supervisor.startStage(
      behaviours.map((behaviour) => ({
        role: 'fake',
        name: behaviour,
        command: process.execPath,
        args: [fixture('fake-child.ts'), behaviour],
      })),
    );

  afterEach(async () => {
    for (const supervisor of running.splice(0)) {
      supervisor.kill();
      await supervisor.stop();
    }
    lines.length = 0;
    changes.length = 0;
  });

  test('starts a child again after it was killed, as another process', async () => {
    const [child] = start(supervise(), 'serve');
    await until('ready', () => lines.includes('serve ready'));
    const before = child?.pid ?? 0;
    process.kill(before, 'SIGKILL');
    await until('a new process', () => child?.state === 'running' && child.pid !== before);
    expect(child?.restarts).toBe(1);
    expect(changes).toContain('serve ended (SIGKILL); started again in 0.02 s');
  });

  test('waits longer after each failure in a row', async () => {
    start(supervise(), 'exit:1');
    await until('four failures', () => changes.filter((line) => line.includes('ended')).length >= 4);
    const waits = changes.flatMap((line) => /again in ([\d.]+) s/.exec(line)?.[1] ?? []);
    expect(waits.slice(0, 4)).toEqual(['0.02', '0.04', '0.08', '0.08']);
  });

  test('does not start a child again whose configuration is wrong', async () => {
    const [child] = start(supervise(), 'exit:2');
    await until('given up', () => child?.state === 'given-up');
    expect(changes.at(-1)).toBe('exit:2 ended and is not started again: its configuration is wrong (exit code 2)');
  });

  test('kills what has answered and hangs, and starts it again', async () => {
    const supervisor = supervise();
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const probe = roleProbe({ role: 'store', name: 'silent', line: 1, addresses: [], entry: { listen: address } });
    if (probe === undefined) throw new Error('a store has a probe');
    const [child] = supervisor.startStage([
      {
        role: 'fake',
        name: 'silent',
        command: process.execPath,
        args: [fixture('fake-child.ts'), `silent:${port}`],
        probe,
      },
    ]);
    const first = child?.pid ?? 0;
    await until('killed and started again', () => child?.state === 'running' && child.pid !== first);
    expect(changes.find((line) => line.includes('has not answered'))).toMatch(
      /^silent has not answered for \d+ s; killed$/,
    );
    expect(changes).toContain('silent ended (SIGKILL); started again in 0.02 s');
  });

  test('stops the last stage first and starts nothing afterwards', async () => {
    const supervisor = supervise();
    start(supervisor, 'serve');
    start(supervisor, 'after:60000:0');
    await until('both ready', () => lines.length === 2);
    changes.length = 0;
    await supervisor.stop();
    expect(changes).toEqual(['after:60000:0 stopped', 'serve stopped']);
    expect(start(supervisor, 'serve')).toEqual([]);
  });

  test('kills what does not stop, and asks the others meanwhile', async () => {
    const supervisor = supervise(600);
    start(supervisor, 'serve');
    start(supervisor, 'stubborn');
    await until('both ready', () => lines.length === 2);
    const pids = supervisor.children.map(({ pid }) => pid ?? 0);
    await supervisor.stop();
    expect(lines).toContain('stubborn ignored');
    expect(pids.map(alive)).toEqual([false, false]);
  });

  test('a child that is waiting for its restart is not started while stopping', async () => {
    const supervisor = supervise();
    const [child] = start(supervisor, 'exit:1');
    await until('waiting', () => child?.state === 'waiting');
    await supervisor.stop();
    expect(child?.state).toBe('stopped');
  });

  test('kill -9 of the supervisor leaves no orphan: not one that logs its end, not one that hangs', async () => {
    const supervisor = spawn(process.execPath, [fixture('run-supervisor.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await new Promise<readonly number[]>((done) => {
      createInterface({ input: supervisor.stdout }).once('line', (line) => done(line.split(' ').map(Number)));
    });
    expect(pids).toHaveLength(3);
    expect(pids.every(alive)).toBe(true);
    supervisor.kill('SIGKILL');
    await until('all have ended', () => !pids.some(alive));
  });
});
