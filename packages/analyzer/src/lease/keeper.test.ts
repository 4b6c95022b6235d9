import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startNats, waitFor, type NatsServer } from '@kaiku/testkit';

const PORT = 20_501;
const PARTITIONS = 8;
const LEASE_MS = 3000;
const SCRIPT = fileURLToPath(import.meta.resolve('../testing/keeper-process.ts'));

interface Act {
  readonly name: string;
  readonly partition: number;
  readonly token: number;
  readonly atMs: number;
}

const acts: Act[] = [];
const children = new Map<string, ChildProcess>();
let nats: NatsServer;

function launch(name: string): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, nats.url, name, String(PARTITIONS), String(LEASE_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    acts.push({ name, ...(JSON.parse(line) as Omit<Act, 'name'>) });
  });
  children.set(name, child);
  return child;
}

/** Waits, 10 s unless told. */
const until = async (what: string, check: () => boolean, withinMs = 10_000): Promise<void> => {
  await waitFor(check, withinMs, what);
};

/** Partitions acted for since a moment, by name. */
function heldSince(sinceMs: number): ReadonlyMap<string, ReadonlySet<number>> {
  const out = new Map<string, Set<number>>();
  for (const { name, partition, atMs } of acts) {
    if (atMs < sinceMs) continue;
    const set = out.get(name) ?? new Set();
    out.set(name, set.add(partition));
  }
  return out;
}

const coveredBy = (sinceMs: number, names: readonly string[]): number => {
  const held = heldSince(sinceMs);
  return new Set(names.flatMap((name) => [...(held.get(name) ?? [])])).size;
};

/** Nobody acts under a token after somebody acted for the same partition under a higher one. */
function expectFenced(): void {
  const highest = new Map<number, { token: number; name: string; atMs: number }>();
  for (const act of acts.toSorted((a, b) => a.atMs - b.atMs)) {
    const known = highest.get(act.partition);
    if (known !== undefined && act.atMs > known.atMs) {
      expect(act.token, `${act.name} after ${known.name} on ${act.partition}`).toBeGreaterThanOrEqual(known.token);
      if (act.token === known.token) expect(act.name).toBe(known.name);
    }
    if (known === undefined || act.token > known.token) highest.set(act.partition, act);
  }
}

beforeAll(async () => {
  nats = await startNats({ port: PORT });
});
afterEach(async () => {
  for (const child of children.values()) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done));
  }
  children.clear();
  acts.length = 0;
  await nats.restart({ wipe: true });
});
afterAll(() => nats.stop());

describe('leases of three processes on a real broker', () => {
  it('are taken over after kill -9 within 5 s and handed over at once on a stop', { timeout: 60_000 }, async () => {
    const names = ['one', 'two', 'three'];
    for (const name of names) launch(name);
    const startedMs = Date.now();
    await until('all partitions held', () => coveredBy(startedMs, names) === PARTITIONS);
    // The early bird hands over what others should hold.
    await until('everybody holds some', () => names.every((name) => heldSince(Date.now() - 500).has(name)), 20_000);

    const victim = 'one';
    const killedMs = Date.now();
    children.get(victim)?.kill('SIGKILL');
    const lost = heldSince(killedMs - 300).get(victim)?.size ?? 0;
    expect(lost).toBeGreaterThan(0);
    await until('takeover', () => coveredBy(killedMs + 50, ['two', 'three']) === PARTITIONS, 5000);
    const takeoverMs = Date.now() - killedMs;
    expect(takeoverMs).toBeLessThan(5000);

    const stoppedMs = Date.now();
    children.get('two')?.kill('SIGTERM');
    await until('hand-over', () => coveredBy(stoppedMs + 20, ['three']) === PARTITIONS, 2000);
    expectFenced();
    process.stdout.write(`takeover of ${lost} partitions ${takeoverMs} ms, hand-over ${Date.now() - stoppedMs} ms\n`);
  });

  it('are not acted under by a process that was stopped and wakes up', { timeout: 60_000 }, async () => {
    launch('one');
    await until('all partitions held by one', () => coveredBy(0, ['one']) === PARTITIONS);
    launch('two');
    const stoppedMs = Date.now();
    children.get('one')?.kill('SIGSTOP');
    await until('two took over', () => coveredBy(stoppedMs, ['two']) === PARTITIONS, 15_000);
    const wokenMs = Date.now();
    children.get('one')?.kill('SIGCONT');
    // Long enough for it to act if it did not notice: it acts each 20 ms.
    await until('two goes on', () => acts.some((act) => act.name === 'two' && act.atMs > wokenMs + 1000), 5000);
    expect(acts.filter((act) => act.name === 'one' && act.atMs > wokenMs && act.atMs < wokenMs + 1000)).toEqual([]);
    expectFenced();
  });

  it(
    'stop being valid while the broker is away and go on after, even if it lost everything',
    { timeout: 60_000 },
    async () => {
      launch('one');
      launch('two');
      const startedMs = Date.now();
      await until('all partitions held', () => coveredBy(startedMs, ['one', 'two']) === PARTITIONS);
      await nats.restart();
      const backMs = Date.now();
      await until('held again', () => coveredBy(backMs + 200, ['one', 'two']) === PARTITIONS, 15_000);
      await nats.restart({ wipe: true });
      const wipedMs = Date.now();
      await until('held anew', () => coveredBy(wipedMs + 3000, ['one', 'two']) === PARTITIONS, 20_000);
      expectFenced();
    },
  );
});
