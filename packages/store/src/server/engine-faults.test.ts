/** What the embedded engine does when memory, disk or its own files fail it: refuses for a while, and loses nothing. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { agentId, openBatch, sealBatch, seriesId } from '@kaiku/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../api.ts';
import { StoreError } from '../errors.ts';
import { openStore } from '../index.ts';
import { embeddedStore, type EmbeddedStore } from '../testing/embedded-store.ts';

const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 4, 20, 12);
let embedded: EmbeddedStore;
let store: Store;
beforeAll(async () => {
  embedded = await embeddedStore();
  store = openStore(embedded.address);
  await store.migrate();
}, 30_000);
afterAll(async () => {
  await store.close();
  await embedded.remove();
});

/** A frame of `rows` gauges, each at a time of its own. */
function frame(fromMs: number, rows: number): Uint8Array {
  const gauges = {
    table: 'gauge' as const,
    rows,
    data: [
      new BigUint64Array(rows).fill(seriesId({ entity: 'faults', metric: 'rtt', instance: '' })),
      BigInt64Array.from({ length: rows }, (_, row) => BigInt(fromMs + row)),
      new BigUint64Array(rows).fill(agentId('agent-1')),
      new Float64Array(rows),
      new Uint8Array(rows),
    ],
  };
  const head = {
    agent: 'agent-1',
    epoch: 1,
    seq: 1,
    firstMs: fromMs,
    lastMs: fromMs,
    sealedMs: fromMs,
    missedSlots: 0,
  };
  const opened = openBatch(sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, [gauges]).bytes);
  if (!opened.ok || opened.blocks[0] === undefined) throw new Error('no batch');
  return opened.blocks[0].frame;
}

const failure = async (work: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof StoreError) return error;
  throw new Error(`no StoreError: ${String(error)}`);
};

it('a question that wants too much memory fails, and the store goes on', async () => {
  const pid = embedded.pid();
  const error = await failure(store.query('SELECT length(groupArray(number)) AS n FROM numbers(1000000000)'));
  expect([error.kind, error.engineCode, error.retryable]).toEqual(['busy', 241, true]);
  expect(error.hint).toContain('memoryLimitMb');
  await store.insertFrames('gauge', [frame(T0, 10)]);
  expect(embedded.pid()).toBe(pid);
}, 30_000);

it('too many parts is a failure that passes', async () => {
  const send = async (sql: string): Promise<void> => {
    const answer = await fetch(`${embedded.address.url}/?database=kaiku`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': 'kaiku', 'X-ClickHouse-Key': 'secret' },
      body: sql,
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
  await send('SYSTEM STOP MERGES gauge');
  await send('ALTER TABLE gauge MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 2');
  try {
    await store.insertFrames('gauge', [frame(T0 + 100, 10)]);
    const error = await failure(
      (async () => {
        for (let insert = 0; insert < 5; insert += 1) await store.insertFrames('gauge', [frame(T0 + 200 + insert, 1)]);
      })(),
    );
    expect([error.kind, error.engineCode]).toEqual(['busy', 252]);
  } finally {
    await send('SYSTEM START MERGES gauge');
    await store.migrate();
  }
  // The setting was changed behind its back: `migrate` put it right.
  await store.insertFrames('gauge', [frame(T0 + 300, 10)]);
}, 30_000);

it('keeps every acknowledged insert through kills in the middle of inserting', async () => {
  const start = T0 + 2 * HOUR_MS;
  let acknowledged = 0;
  for (let kill = 0; kill < 3; kill += 1) {
    const goal = acknowledged + 8;
    const writing = (async () => {
      try {
        for (;;) {
          await store.insertFrames('gauge', [frame(start + acknowledged * 100, 100)]);
          acknowledged += 1;
        }
      } catch {
        // The kill.
      }
    })();
    await expect.poll(() => acknowledged, { timeout: 20_000 }).toBeGreaterThan(goal);
    await embedded.end('SIGKILL');
    await writing;
    await embedded.start();
  }
  const [row] = await store.query(
    `SELECT count() AS n FROM gauge FINAL WHERE ts >= fromUnixTimestamp64Milli(${start}) AND ts < fromUnixTimestamp64Milli(${start + acknowledged * 100})`,
  );
  expect(Number(row?.['n'])).toBe(acknowledged * 100);
}, 90_000);

it.each(['SIGABRT', 'SIGSEGV'] as const)(
  '%s ends the process at once, and it starts again',
  async (signal) => {
    await store.insertFrames('gauge', [frame(T0 + 50_000, 10)]);
    await embedded.end(signal);
    await embedded.start();
    const [row] = await store.query(
      `SELECT count() AS n FROM gauge FINAL WHERE ts >= fromUnixTimestamp64Milli(${T0 + 50_000}) AND ts < fromUnixTimestamp64Milli(${T0 + 50_010})`,
    );
    expect(Number(row?.['n'])).toBe(10);
  },
  30_000,
);

it('starts with a damaged part set aside, and its audit sees what is missing', async () => {
  const hourMs = T0 + 24 * HOUR_MS;
  await store.insertFrames('gauge', [frame(hourMs, 500)]);
  const head = { agent: 'agent-1', epoch: 1, seq: 77, sha256: 'a'.repeat(64), rows: 500, sealedMs: hourMs };
  const hours = [{ hourMs, rows: 500 }];
  await store.ledger.record([{ ...head, firstMs: hourMs, lastMs: hourMs + 499, hours }], hourMs);
  expect(await store.audit.rows(hourMs, hourMs + HOUR_MS)).toEqual([
    { agent: 'agent-1', hourMs, expected: 500, found: 500 },
  ]);
  const [part] = await store.query(
    "SELECT path FROM system.parts WHERE active AND table = 'gauge' AND partition = '20260521' LIMIT 1",
  );
  await embedded.end('SIGKILL');
  const path = partFolder(embedded.folder, String(part?.['path']));
  for (const name of readdirSync(path).filter((each) => each.endsWith('.bin'))) {
    truncateSync(join(path, name), Math.floor(statSync(join(path, name)).size / 2));
  }
  await embedded.start();
  expect(await store.audit.rows(hourMs, hourMs + HOUR_MS)).toEqual([
    { agent: 'agent-1', hourMs, expected: 500, found: 0 },
  ]);
  // What the logger does about it.
  await store.insertFrames('gauge', [frame(hourMs, 500)]);
  expect((await store.audit.rows(hourMs, hourMs + HOUR_MS))[0]?.found).toBe(500);
}, 60_000);

/** The engine gives paths from its own folder, or whole ones. */
const partFolder = (folder: string, path: string): string =>
  path.startsWith('/') ? path : join(folder, 'engine', path);
