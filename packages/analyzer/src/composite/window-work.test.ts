import { createLog, createMetrics } from '@kaiku/core';
import { BATCH_TABLES, type TableRows } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import { SeriesIndex } from '../read/series-index.ts';
import { compileWatch } from '../read/watch-plan.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { smallCatalog } from '../testing/small-catalog.ts';
import { WINDOW_MS } from './window-rows.ts';
import { WindowWork } from './window-work.ts';

/** Begins with a window. */
const BASE_MS = 5_666_666 * WINDOW_MS;
const minutes = (count: number): number => BASE_MS + count * 60_000;

interface Written {
  readonly at: number;
  readonly value: number;
  readonly observed: number;
  readonly final: boolean;
  readonly version: bigint;
}

function column(rows: TableRows, name: string): ArrayLike<number | bigint | string> {
  const at = BATCH_TABLES[rows.table].findIndex((each) => each.name === name);
  return rows.data[at] ?? [];
}

class Bench {
  nowMs = BASE_MS;
  readonly written: Written[] = [];
  readonly #work: WindowWork;

  /** Rows arrive in the store at once. */
  constructor(store: MemoryStore, token: number, lastAliveMs: number) {
    const clock = { steadyMs: () => this.nowMs, wallMs: () => this.nowMs };
    const plan = compileWatch({ ...smallCatalog, devices: smallCatalog.devices.slice(0, 1) }, 1, 1);
    this.#work = new WindowWork({
      keeper: { leases: () => [{ partition: 0, token, lastAliveMs, valid: () => true }] },
      hints: { watermarkMs: () => this.nowMs },
      pool: store,
      index: new SeriesIndex(store, clock),
      plan: () => plan,
      results: { waiting: 0, publish: (tables) => this.#publish(store, tables) },
      clock,
      metrics: createMetrics(),
      log: createLog({ role: 'analyzer', name: 'test', level: 'silent' }),
    });
  }

  #publish(store: MemoryStore, tables: readonly TableRows[]): Promise<void> {
    for (const rows of tables.filter(({ table }) => table === 'derived')) {
      for (let at = 0; at < rows.rows; at += 1) {
        const ts = Number(column(rows, 'ts')[at]);
        const row = {
          series: BigInt(column(rows, 'series')[at] ?? 0),
          ts,
          windowMs: Number(column(rows, 'window_ms')[at]),
          value: Number(column(rows, 'value')[at]),
          observed: Number(column(rows, 'observed')[at]),
          final: column(rows, 'final')[at] === 1,
        };
        const known = store.derived.findIndex((each) => each.series === row.series && each.ts === ts);
        store.derived.splice(known < 0 ? store.derived.length : known, known < 0 ? 0 : 1, row);
        const version = BigInt(column(rows, 'version')[at] ?? 0);
        this.written.push({ at: (ts - BASE_MS) / WINDOW_MS, ...row, version });
      }
    }
    return Promise.resolve();
  }

  async run(atMs: number): Promise<readonly Written[]> {
    this.nowMs = atMs;
    const before = this.written.length;
    await this.#work.run(new AbortController().signal);
    return this.written.slice(before);
  }
}

const rtt = { entity: 'router', metric: 'rtt', instance: '' };

/** One reading a minute from minute `from` until before `to`. */
function pings(store: MemoryStore, from: number, to: number, value: number | undefined, atMs = minutes(to)): void {
  for (let minute = from; minute < to; minute += 1) store.sample('agent-1', rtt, minutes(minute), value);
  store.inserted('agent-1', minutes(from), minutes(to - 1), atMs);
}

const show = (rows: readonly Written[]): string =>
  rows.map(({ at, value, observed, final }) => `${at}:${value}/${observed}${final ? '' : '?'}`).join(' ');

describe('WindowWork', () => {
  it('computes a window when it closes, provisionally, then finally, under rising versions', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 7, 0);
    pings(store, 0, 5, 10);
    await bench.run(minutes(4));
    pings(store, 5, 8, undefined);
    expect(show(await bench.run(minutes(5.2)))).toBe('0:1/1?');
    expect(show(await bench.run(minutes(5.5)))).toBe('');
    expect(show(await bench.run(minutes(6.2)))).toBe('0:1/1');
    const versions = bench.written.map(({ version }) => version);
    expect(versions).toEqual([7n * 65_536n, 7n * 65_536n + 1n]);
  });

  it('computes what was never computed, newest first, and a new holder nothing of it again', async () => {
    const store = memoryStore();
    pings(store, 0, 2000, 10);
    const first = new Bench(store, 7, 0);
    const rows = await first.run(minutes(2010));
    const windows = rows.filter(({ final }) => final).map(({ at }) => at);
    expect(new Set(windows).size).toBe(401);
    expect(windows[0]).toBeGreaterThan(windows.at(-1) ?? 0);
    store.rawReads = 0;
    const second = new Bench(store, 8, minutes(2010));
    // Only what has closed since.
    expect(show((await second.run(minutes(2011))).filter(({ final }) => final))).toBe('401:NaN/0');
    // What came in the last minutes of its predecessor is looked at, not the whole past.
    expect(store.rawReads).toBeLessThan(4);
  });

  it('reopens a window for late data, and writes only what changed', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 7, 0);
    pings(store, 0, 10, 10);
    await bench.run(minutes(20));
    pings(store, 10, 12, 10, minutes(21));
    const reopened = await bench.run(minutes(25));
    expect(show(reopened.filter(({ at }) => at >= 0))).toBe('3:NaN/0 2:1/0.4');
    // The agent's way was closed: the rest of the window comes half an hour later.
    pings(store, 12, 15, undefined, minutes(40));
    const rows = await bench.run(minutes(41));
    expect(show(rows.filter(({ at }) => at === 2))).toBe('2:0.4/1');
    expect(rows.filter(({ at }) => at < 2)).toEqual([]);
  });

  it('learns from the ledger what came while nobody held the partition', async () => {
    const store = memoryStore();
    const first = new Bench(store, 7, 0);
    pings(store, 0, 7, 10);
    pings(store, 12, 20, 10);
    await first.run(minutes(30));
    pings(store, 7, 12, undefined, minutes(60));
    const second = new Bench(store, 8, minutes(31));
    const rows = await second.run(minutes(90));
    expect(show(rows.filter(({ at }) => at === 1 || at === 2))).toBe('1:0.4/1 2:0.6/1');
  });
});
