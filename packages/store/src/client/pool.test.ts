/** The pool over stores that fail in every way a store can: by answer, by silence, by being gone. */
import { createLog } from '@kaiku/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../api.ts';
import { StoreError, type StoreFailureKind } from '../errors.ts';
import { readCancelled } from './hedge.ts';
import { openPool } from './pool.ts';

const log = createLog({ role: 'test', name: 'pool', level: 'silent' });

interface Faulty {
  readonly store: Store;
  mode: 'ok' | 'silent' | StoreFailureKind;
  batches: number;
  asked: number;
}

function faulty(name: string): Faulty {
  const state: Faulty = { store: undefined as never, mode: 'ok', batches: 100, asked: 0 };
  const answer = async <T>(value: T): Promise<T> => {
    state.asked += 1;
    if (state.mode === 'ok') return value;
    if (state.mode === 'silent') return new Promise<T>(() => undefined);
    throw new StoreError(`${name} fails`, { kind: state.mode, engineCode: 0 });
  };
  const store = {
    name,
    ping: async () => state.mode !== 'unreachable' && state.mode !== 'silent',
    // All its batches lie in the present hour; the question for days before has no answer.
    query: (sql: string) =>
      answer(
        sql.includes('86400000')
          ? []
          : [{ slot: String(Math.floor(Date.now() / 3_600_000)), batches: String(state.batches) }],
      ),
    counts: () => answer([]),
  };
  return Object.assign(state, { store: store as unknown as Store });
}

describe('a pool of stores', () => {
  let one: Faulty;
  let two: Faulty;
  const make = () => openPool([one.store, two.store], log);
  const who = (pool: ReturnType<typeof make>): Promise<string> =>
    pool.read(async (store) => {
      await store.counts();
      return store.name;
    });
  beforeEach(() => {
    vi.useFakeTimers();
    one = faulty('one');
    two = faulty('two');
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks the first of equals, and only that one', async () => {
    expect(await who(make())).toBe('one');
    expect(two.asked).toBe(0);
  });

  it.each(['unreachable', 'busy', 'schema'] as const)(
    'goes to the next one at once when the first is %s',
    async (mode) => {
      one.mode = mode;
      expect(await who(make())).toBe('two');
    },
  );

  it('remembers who was unreachable', async () => {
    const pool = make();
    one.mode = 'unreachable';
    await who(pool);
    const before = one.asked;
    expect(await who(pool)).toBe('two');
    expect(one.asked).toBe(before);
    expect(pool.health().map(({ name, healthy }) => [name, healthy])).toEqual([
      ['two', true],
      ['one', false],
    ]);
  });

  it('does not ask elsewhere what is refused', async () => {
    one.mode = 'refused';
    await expect(who(make())).rejects.toThrow('one fails');
    expect(two.asked).toBe(0);
  });

  it('throws the last error when all fail', async () => {
    one.mode = 'unreachable';
    two.mode = 'busy';
    await expect(who(make())).rejects.toThrow('two fails');
    await expect(openPool([], log).read(async () => 1)).rejects.toThrow('no store is configured');
  });

  it('brings in the next one after a second of silence, while it does not know what is usual', async () => {
    one.mode = 'silent';
    const answer = who(make());
    await vi.advanceTimersByTimeAsync(900);
    expect(two.asked).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(await answer).toBe('two');
  });

  it('brings it in sooner when reads are quick, and cancels the one that is outrun', async () => {
    const pool = make();
    for (let read = 0; read < 20; read += 1) await who(pool);
    one.mode = 'silent';
    let cancelled: AbortSignal | undefined;
    const answer = pool.read(async (store) => {
      if (store.name === 'one') cancelled = readCancelled();
      await store.counts();
      return store.name;
    });
    await vi.advanceTimersByTimeAsync(140);
    expect(two.asked).toBe(0);
    await vi.advanceTimersByTimeAsync(20);
    expect(await answer).toBe('two');
    expect(cancelled?.aborted).toBe(true);
  });

  it('asks others early for a tenth of its reads at most: when all are slow, load is not doubled', async () => {
    const pool = make();
    for (let read = 0; read < 20; read += 1) await who(pool);
    one.mode = 'silent';
    two.mode = 'silent';
    const reads = Array.from({ length: 14 }, () => who(pool));
    await vi.advanceTimersByTimeAsync(200);
    expect(two.asked).toBe(10);
    await vi.advanceTimersByTimeAsync(3000);
    expect(two.asked).toBe(14);
    for (const read of reads) void read.catch(() => undefined);
  });

  it('puts a store behind the others that was outrun three times in a row, and tries it again later', async () => {
    const pool = make();
    one.mode = 'silent';
    for (let read = 0; read < 3; read += 1) {
      const answer = who(pool);
      await vi.advanceTimersByTimeAsync(1100);
      expect(await answer).toBe('two');
    }
    one.mode = 'ok';
    expect(await who(pool)).toBe('two');
    await vi.advanceTimersByTimeAsync(600);
    expect(await who(pool)).toBe('one');
  });

  it('runs so many reads at once, the others after them', async () => {
    const pool = make();
    let running = 0;
    let most = 0;
    const reads = Array.from({ length: 50 }, () =>
      pool.read(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((done) => setTimeout(done, 10));
        running -= 1;
      }),
    );
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(reads);
    expect(most).toBe(16);
  });

  it('pings: passes over a dead store, and takes it again when it answers', async () => {
    const pool = make();
    await pool.start();
    one.mode = 'unreachable';
    await vi.advanceTimersByTimeAsync(1100);
    expect(pool.health()[0]?.name).toBe('two');
    one.mode = 'ok';
    await vi.advanceTimersByTimeAsync(1100);
    expect(await who(pool)).toBe('one');
    const stopped = pool.stop();
    await vi.advanceTimersByTimeAsync(10);
    await stopped;
  });

  it('prefers, of two that answer, the one that holds more of the last hours', async () => {
    const pool = make();
    one.batches = 1000;
    two.batches = 5000;
    await pool.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(await who(pool)).toBe('two');
    one.batches = 4990;
    await vi.advanceTimersByTimeAsync(6000);
    expect(await who(pool)).toBe('one');
    const stopped = pool.stop();
    await vi.advanceTimersByTimeAsync(10);
    await stopped;
  });

  it('prefers for a range the store that holds more of that range', async () => {
    const pool = make();
    one.batches = 100;
    two.batches = 5000;
    await pool.start();
    await vi.advanceTimersByTimeAsync(100);
    const day = { fromMs: Date.now() - 60_000, toMs: Date.now() };
    expect(await pool.read(async (store) => store.name, day)).toBe('two');
    // Of a time of which neither holds anything, they are equals.
    expect(await pool.read(async (store) => store.name, { fromMs: 0, toMs: 1 })).toBe('one');
    const stopped = pool.stop();
    await vi.advanceTimersByTimeAsync(10);
    await stopped;
  });
});
