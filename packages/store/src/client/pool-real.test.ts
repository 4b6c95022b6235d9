/** The pool over two real stores, of which one stops answering in the ways a process can. */
import { createLog } from '@kaiku/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store, StorePool } from '../api.ts';
import { embeddedStore, type EmbeddedStore } from '../testing/embedded-store.ts';
import { openStore } from './open-store.ts';
import { openPool } from './pool.ts';

let processes: readonly EmbeddedStore[];
let stores: readonly Store[];
let pool: StorePool;
beforeAll(async () => {
  processes = await Promise.all([embeddedStore(), embeddedStore()]);
  stores = processes.map(({ address }, index) => openStore({ ...address, name: `store-${index + 1}` }));
  for (const store of stores) await store.migrate();
  pool = openPool(stores, createLog({ role: 'test', name: 'pool', level: 'silent' }));
}, 60_000);
afterAll(async () => {
  await pool.stop();
  await Promise.all(stores.map((store) => store.close()));
  await Promise.all(processes.map((each) => each.remove()));
});

const who = (): Promise<string> =>
  pool.read(async (store) => {
    await store.query('SELECT 1');
    return store.name;
  });

test('reads go on while the first store is suspended, and return to it', async () => {
  expect(await who()).toBe('store-1');
  const pid = processes[0]?.pid() ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    for (let read = 0; read < 4; read += 1) expect(await who()).toBe('store-2');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect.poll(who, { timeout: 15_000 }).toBe('store-1');
}, 30_000);

test('reads go on while it is killed, and return to it', async () => {
  await processes[0]?.end('SIGKILL');
  for (let read = 0; read < 4; read += 1) expect(await who()).toBe('store-2');
  await processes[0]?.start();
  await pool.start();
  await expect.poll(who, { timeout: 15_000 }).toBe('store-1');
}, 30_000);

test('a range is read from the store that holds it', async () => {
  const lastMs = Date.now() - 3_600_000;
  const rows = Array.from({ length: 100 }, (_, seq) => ({
    agent: 'agent-1',
    epoch: 1,
    seq: seq + 1,
    sha256: 'a'.repeat(64),
    rows: 1,
    firstMs: lastMs,
    lastMs,
    sealedMs: lastMs,
  }));
  await stores[1]?.ledger.record(rows, Date.now());
  const range = { fromMs: lastMs - 1000, toMs: lastMs + 1000 };
  await expect
    .poll(() => pool.read((store) => Promise.resolve(store.name), range), { timeout: 15_000 })
    .toBe('store-2');
  const before = { fromMs: lastMs - 90 * 86_400_000, toMs: lastMs - 89 * 86_400_000 };
  expect(await pool.read((store) => Promise.resolve(store.name), before)).toBe('store-1');
}, 30_000);
