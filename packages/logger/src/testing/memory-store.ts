/**
 * A store in memory for tests of the logger's own logic: keeps distinct batches' frames, the ledger and
 * the quarantine, and fails on demand. Real engines are tested beside it.
 */
import { createHash } from 'node:crypto';
import { KaikuError } from '@kaiku/core';
import { addRange, digestOf, EMPTY_RANGES, HOUR_MS } from '@kaiku/protocol';
import type { GapRow, LedgerSummary, StoredLedgerRow } from '@kaiku/store';
import type { LoggerStore } from '../logger-store.ts';

export interface MemoryStore extends LoggerStore {
  /** Every call that was made, in order. */
  readonly calls: string[];
  readonly rows: StoredLedgerRow[];
  /** `table hash` of each frame inserted, with repetitions. */
  readonly frames: string[];
  readonly quarantine: { agent: string; epoch: number; seq: number; reason: string; bytes: number }[];
  readonly gaps: GapRow[];
  /** `agent hourMs` → rows the tables have lost; a batch of the hour recorded again brings them back. */
  readonly lostRows: Map<string, number>;
  readonly rollups: [number, number][];
  /** Called before each operation; what it throws is the operation's failure. */
  fault: (operation: string) => void;
}

/** Shaped as the store's own error, whose package a fake must not need. */
export class FakeStoreError extends KaikuError {
  readonly code = 'STORE_FAILED';
  readonly kind: 'unreachable' | 'schema' | 'refused';

  constructor(kind: FakeStoreError['kind']) {
    super(`the store says: ${kind}`);
    this.kind = kind;
  }

  get retryable(): boolean {
    return this.kind !== 'refused';
  }
}

export function frameKey(table: string, frame: Uint8Array): string {
  return `${table} ${createHash('sha256').update(frame).digest('hex').slice(0, 12)}`;
}

export function memoryStore(): MemoryStore {
  let cursor = 0;
  const act = async (operation: string): Promise<void> => {
    await Promise.resolve();
    store.fault(operation);
    store.calls.push(operation);
  };
  const sealed = (agent: string, epoch: number): readonly StoredLedgerRow[] =>
    store.rows.filter((row) => row.agent === agent && row.epoch === epoch);
  const store: MemoryStore = {
    name: 'memory',
    calls: [],
    rows: [],
    frames: [],
    quarantine: [],
    gaps: [],
    lostRows: new Map(),
    rollups: [],
    fault: () => undefined,
    migrate: async () => {
      await act('migrate');
      return [];
    },
    insertFrames: async (table, frames) => {
      for (const frame of frames) store.fault(`frame ${frameKey(table, frame)}`);
      await act(`insert ${table} ${frames.length}`);
      store.frames.push(...frames.map((frame) => frameKey(table, frame)));
    },
    ledger: {
      summaries: async () => {
        await act('summaries');
        const groups = Map.groupBy(store.rows, ({ agent, epoch }) => `${agent} ${epoch}`);
        return [...groups.values()].map((rows): LedgerSummary => {
          const [first] = rows;
          return {
            agent: first?.agent ?? '',
            epoch: first?.epoch ?? 0,
            ranges: rows.reduce((set, { seq }) => addRange(set, seq), EMPTY_RANGES),
            batches: rows.length,
            rows: rows.reduce((sum, row) => sum + row.rows, 0),
            firstMs: Math.min(...rows.map(({ firstMs }) => firstMs)),
            lastMs: Math.max(...rows.map(({ lastMs }) => lastMs)),
          };
        });
      },
      hashOf: async (agent, epoch, seq) => {
        await act('hashOf');
        return store.rows.find((row) => row.agent === agent && row.epoch === epoch && row.seq === seq)?.sha256;
      },
      record: async (rows, insertedMs) => {
        await act(`record ${rows.length}`);
        for (const row of rows) {
          const known = store.rows.findIndex(
            ({ agent, epoch, seq }) => agent === row.agent && epoch === row.epoch && seq === row.seq,
          );
          if (known >= 0) store.rows.splice(known, 1);
          for (const { hourMs } of row.hours ?? []) store.lostRows.delete(`${row.agent} ${hourMs}`);
        }
        store.rows.push(...rows.map((row) => ({ ...row, insertedMs })));
      },
      since: async (insertedMs, limit) => {
        await act('since');
        return store.rows
          .filter((row) => row.insertedMs >= insertedMs)
          .sort((a, b) => a.insertedMs - b.insertedMs)
          .slice(0, limit);
      },
      quarantine: async ({ agent, epoch, seq, reason, bytes }) => {
        await act('quarantine');
        store.quarantine.push({ agent, epoch, seq, reason, bytes: bytes.length });
      },
      quarantined: () => Promise.resolve(store.quarantine.length),
    },
    audit: {
      digests: async (agent, epoch, fromMs, toMs) => {
        await act('digests');
        const hours = Map.groupBy(
          sealed(agent, epoch).filter(({ sealedMs }) => sealedMs >= fromMs && sealedMs < toMs),
          ({ sealedMs }) => Math.floor(sealedMs / HOUR_MS) * HOUR_MS,
        );
        return [...hours]
          .sort(([a], [b]) => a - b)
          .map(([hourMs, rows]) => ({
            hourMs,
            batches: rows.length,
            digest: digestOf(rows.map(({ sha256 }) => sha256)),
          }));
      },
      list: async (agent, epoch, hourMs) => {
        await act('list');
        return sealed(agent, epoch).filter(({ sealedMs }) => Math.floor(sealedMs / HOUR_MS) * HOUR_MS === hourMs);
      },
      rows: async (fromMs, toMs) => {
        await act('rows');
        const totals = new Map<string, { agent: string; hourMs: number; expected: number; found: number }>();
        for (const row of store.rows) {
          for (const { hourMs, rows } of row.hours ?? []) {
            if (hourMs < fromMs || hourMs >= toMs) continue;
            const key = `${row.agent} ${hourMs}`;
            const total = totals.get(key) ?? { agent: row.agent, hourMs, expected: 0, found: 0 };
            total.expected += rows;
            totals.set(key, total);
          }
        }
        for (const [key, total] of totals) total.found = total.expected - (store.lostRows.get(key) ?? 0);
        return [...totals.values()];
      },
      batchesOf: async (agent, hourMs) => {
        await act('batchesOf');
        return store.rows.filter((row) => row.agent === agent && row.hours?.some((each) => each.hourMs === hourMs));
      },
      hashes: async (keys) => {
        await act('hashes');
        return keys.map(
          (key) =>
            store.rows.find((row) => row.agent === key.agent && row.epoch === key.epoch && row.seq === key.seq)?.sha256,
        );
      },
      sealedRange: async () => {
        await act('sealedRange');
        const times = store.rows.map(({ sealedMs }) => sealedMs);
        return times.length === 0 ? undefined : { firstMs: Math.min(...times), lastMs: Math.max(...times) };
      },
      recordGaps: async (gaps) => {
        await act(`gaps ${gaps.length}`);
        store.gaps.push(...gaps);
      },
      gaps: (sinceMs = 0) => Promise.resolve(store.gaps.filter(({ atMs }) => atMs >= sinceMs)),
    },
    refine: {
      rollup: async (fromMs, toMs) => {
        await act('rollup');
        store.rollups.push([fromMs, toMs]);
      },
      cursor: async () => {
        await act('cursor');
        return cursor;
      },
      setCursor: async (insertedMs) => {
        await act('setCursor');
        cursor = insertedMs;
      },
    },
  };
  return store;
}
