/** `kaiku drill` on an installation as `kaiku init` writes it (keys, TLS): what it takes, what it says, what it gives back. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, waitFor } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, ROOT, type Running } from '../support/installation.ts';
import { startInitialised } from '../support/initialised.ts';

interface Drill {
  readonly taken: readonly { readonly name: string }[];
  readonly interrupted: boolean;
  readonly agentsWatched: readonly string[];
  readonly during: {
    readonly looks: number;
    readonly pagesAwayMs: number;
    readonly storesAwayMs: number;
    readonly freshnessWorstMs?: number;
  };
  readonly readyMs: Readonly<Record<string, number | null>>;
  readonly wholeMs: number | null;
  readonly missing: Readonly<Record<string, number>>;
  readonly newHoles: number;
  readonly unfinished: readonly string[];
  readonly verdict: { readonly passed: boolean; readonly reasons: readonly string[] };
  readonly file: string;
}

interface Part {
  readonly name: string;
  readonly state: string;
  readonly held: boolean;
}

describe.skipIf(findBinary('nats-server') === undefined)('a drill', () => {
  let running: Running;
  const partsOf = async (): Promise<readonly Part[]> =>
    (await kaikuJson('part', 'list', '-c', running.config)) as readonly Part[];

  beforeAll(async () => {
    running = await startInitialised('drill');
  }, 300_000);
  afterAll(async () => {
    expect(await running?.stop()).toBe(0);
  });

  test('half of the centre is taken and given back: pages and data go on, nothing is lost', async () => {
    const words = ['drill', '--half', '--seconds', '6', '--yes', '-c', running.config];
    const drill = (await kaikuJson(...words)) as Drill;
    expect(drill.taken.map(({ name }) => name)).toEqual(['store-2', 'logger-2', 'analyzer-2']);
    expect(drill.unfinished).toEqual([]);
    expect(drill.verdict).toEqual({ passed: true, reasons: [] });
    expect(drill.agentsWatched).toEqual(['agent-1']);
    expect(drill.during.freshnessWorstMs).toBeGreaterThan(0);
    expect(drill.during.looks).toBeGreaterThan(2);
    expect(drill.during).toMatchObject({ pagesAwayMs: 0, storesAwayMs: 0 });
    expect(Object.values(drill.readyMs).every((ms) => ms !== null)).toBe(true);
    expect(drill.missing).toEqual({ 'store-1': 0, 'store-2': 0 });
    expect(drill.newHoles).toBe(0);
    expect((await partsOf()).filter(({ held, state }) => held || state !== 'running')).toEqual([]);
    expect(readFileSync(drill.file, 'utf8')).toContain('| RPO: batches lost to a store | 0 | 0 |');
    expect(existsSync(drill.file.replace(/md$/, 'json'))).toBe(true);
  });

  test('it takes the last of a role only when forced, nothing unasked, and nobody unknown', async () => {
    const drill = (...words: string[]) => kaiku('drill', '-c', running.config, ...words);
    const last = await drill('--take', 'broker', '--yes');
    expect(last).toMatchObject({ code: 1 });
    expect(last.stderr).toContain('that leaves no broker');
    const unasked = await drill('--take', 'store-1');
    expect(unasked).toMatchObject({ code: 1 });
    expect(unasked.stderr).toContain('nobody is there to agree');
    const unknown = await drill('--take', 'store-9', '--yes');
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain('not running here: store-9');
    expect((await partsOf()).filter(({ held }) => held)).toEqual([]);
  });

  test('Ctrl-C gives back what was taken', async () => {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'packages/cli/src/main.ts'),
        'drill',
        '--take',
        'analyzer-2',
        '--seconds',
        '600',
        '--yes',
        '--json',
        '-c',
        running.config,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    await waitFor(async () => (await partsOf()).some(({ held }) => held), 60_000, 'the analyzer to be held');
    child.kill('SIGINT');
    await ended;
    expect((JSON.parse(output) as Drill).interrupted).toBe(true);
    expect((await partsOf()).filter(({ held }) => held)).toEqual([]);
  });

  test('the supervisor bears nonsense on its control socket', async () => {
    const { connect } = await import('node:net');
    const say = (text: string): Promise<string> =>
      new Promise((done) => {
        let heard = '';
        const socket = connect({ path: join(running.dir, 'kaiku-data/control.sock') }, () => socket.write(text));
        socket.on('data', (chunk) => {
          heard += chunk.toString();
          if (heard.endsWith('\n')) socket.end();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => done(heard));
      });
    expect(await say('nonsense\n')).toContain('"ok":false');
    expect(await say('{"command":"hold","name":7}\n')).toContain('not a request that is known');
    expect(await say('x'.repeat(100_000))).toBe('');
    expect((await partsOf()).length).toBeGreaterThan(5);
  });
});
