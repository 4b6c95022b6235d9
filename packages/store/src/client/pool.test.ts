/** The pool over stores that fail in every way a store can: by answer, by silence, by being gone. */
import { createLog } from '@kaiku/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../api.ts';
import { StoreError, type StoreFailureKind } from '../errors.ts';
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
    query: () => answer([{ batches: String(state.batches) }]),
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

  it('brings in the next one after three seconds of silence', async () => {
    one.mode = 'silent';
    const answer = who(make());
    await vi.advanceTimersByTimeAsync(2900);
    expect(two.asked).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(await answer).toBe('two');
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
});
