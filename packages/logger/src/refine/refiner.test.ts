/** The refiner over a store in memory: what it recomputes, where its cursor stands, how it goes on after a restart. */
import { createLog, createMetrics } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeStoreError, memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { createDirtyHours, HOUR_MS } from './dirty-hours.ts';
import { createRefiner, type Refiner } from './refiner.ts';

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
const LONG_AGO = 1000 * HOUR_MS;
const running: Refiner[] = [];
afterEach(async () => {
  for (const refiner of running.splice(0)) await refiner.part.stop();
});

/** Hours are due at once. */
function refinerOf(store: MemoryStore): Refiner {
  const refiner = createRefiner({ store, metrics: createMetrics(), log, dirty: createDirtyHours(0), retryMs: 10 });
  running.push(refiner);
  return refiner;
}

const stored = (seq: number, firstMs: number, insertedMs: number) => ({
  agent: 'a',
  epoch: 1,
  seq,
  sha256: '',
  rows: 1,
  firstMs,
  lastMs: firstMs,
  sealedMs: firstMs,
  insertedMs,
});

describe('refiner', () => {
  test('recomputes what was marked and moves the cursor behind it', async () => {
    const store = memoryStore();
    const refiner = refinerOf(store);
    await refiner.resume();
    refiner.mark(LONG_AGO, LONG_AGO + 2 * HOUR_MS, 500);
    await refiner.part.start();
    await until('cursor', async () => (await store.refine.cursor()) === 500);
    expect(store.rollups).toEqual([[LONG_AGO, LONG_AGO + 3 * HOUR_MS]]);
  });

  test('a restart recomputes what was recorded at or after the cursor, and only that', async () => {
    const store = memoryStore();
    await store.refine.setCursor(200);
    store.rows.push(
      stored(1, LONG_AGO, 100),
      stored(2, LONG_AGO + 5 * HOUR_MS, 200),
      stored(3, LONG_AGO + 9 * HOUR_MS, 300),
    );
    const refiner = refinerOf(store);
    expect(await refiner.resume()).toBe(300);
    await refiner.part.start();
    await until('both', () => store.rollups.length === 2);
    expect(store.rollups.map(([fromMs]) => (fromMs - LONG_AGO) / HOUR_MS)).toEqual([9, 5]);
  });

  test('while a flood comes in only the newest hours are recomputed, the past when it is over', async () => {
    const store = memoryStore();
    const floodMs = 60_000;
    const dirty = createDirtyHours(0);
    const refiner = createRefiner({ store, metrics: createMetrics(), log, dirty, floodMs });
    running.push(refiner);
    await refiner.resume();
    refiner.flood();
    const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    refiner.mark(LONG_AGO, LONG_AGO, 500);
    refiner.mark(thisHour, thisHour, 600);
    await refiner.part.start();
    await until('the running hour', () => store.rollups.length > 0);
    await refiner.part.stop();
    expect(store.rollups).toEqual([[thisHour, thisHour + HOUR_MS]]);
    expect(dirty.size).toBe(1);
    const after = createRefiner({ store, metrics: createMetrics(), log, dirty, floodMs: 0 });
    running.push(after);
    after.flood();
    await after.part.start();
    await until('the past', () => store.rollups.length === 2);
    expect(store.rollups[1]).toEqual([LONG_AGO, LONG_AGO + HOUR_MS]);
  });

  test('a store that fails keeps the hour waiting and the cursor where it is', async () => {
    const store = memoryStore();
    const refiner = refinerOf(store);
    await refiner.resume();
    let failures = 0;
    store.fault = (operation) => {
      if (operation === 'rollup') {
        failures += 1;
        throw new FakeStoreError('unreachable');
      }
    };
    refiner.mark(LONG_AGO, LONG_AGO, 500);
    await refiner.part.start();
    await until('a failure', () => failures > 0);
    expect(await store.refine.cursor()).toBe(0);
    store.fault = () => undefined;
    await until('recomputed after the rest', () => store.rollups.length === 1);
  });
});
