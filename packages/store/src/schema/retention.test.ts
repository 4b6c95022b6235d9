/** Days of retention on a real store: a shorter time drops what is there, and a caller without one changes nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentId } from '@kaiku/protocol';
import type { Store } from '../api.ts';
import { openStore } from '../index.ts';
import { A1, gaugeRows, insert, ownSeries } from '../testing/contract/rows.ts';
import { embeddedStore, type EmbeddedStore } from '../testing/embedded-store.ts';

const DAY_MS = 86_400_000;
const LONG = { rawDays: 400, fiveMinuteDays: 1100, hourDays: 3650 };
let embedded: EmbeddedStore;
let store: Store;
beforeAll(async () => {
  embedded = await embeddedStore();
  store = openStore({ ...embedded.address, retention: LONG });
  await store.migrate();
}, 30_000);
afterAll(async () => {
  await store.close();
  await embedded.remove();
});

const ttlOf = async (table: string): Promise<string> => {
  const [row] = await store.query(
    'SELECT extract(engine_full, {pattern:String}) AS days FROM system.tables WHERE name = {table:String}',
    { table, pattern: String.raw`toIntervalDay\((\d+)\)` },
  );
  return String(row?.['days']);
};

test('changed days are applied at the next migrate, and to what is stored already', async () => {
  const [old, young] = [ownSeries(), ownSeries()];
  const now = Date.now();
  await insert(store, [gaugeRows([[old, now - 200 * DAY_MS, A1, 1]])]);
  await insert(store, [gaugeRows([[young, now - 100 * DAY_MS, agentId('agent-1'), 1]])]);
  const shorter = openStore({ ...embedded.address, retention: { rawDays: 150, fiveMinuteDays: 500, hourDays: 1000 } });
  try {
    expect(await shorter.migrate()).toEqual([]);
  } finally {
    await shorter.close();
  }
  expect(await Promise.all(['gauge', 'ledger', 'counter_5m', 'gauge_1h'].map(ttlOf))).toEqual([
    '150',
    '250',
    '500',
    '1000',
  ]);
  const left = async (id: bigint): Promise<number> => (await store.read.gauges([id], 0, now)).ts.length;
  await expect.poll(() => left(old), { timeout: 30_000 }).toBe(0);
  expect(await left(young)).toBe(1);
}, 60_000);

test('a caller that names no days leaves the store’s own', async () => {
  const reader = openStore(embedded.address);
  try {
    await reader.migrate();
  } finally {
    await reader.close();
  }
  expect(await ttlOf('gauge')).toBe('150');
});
