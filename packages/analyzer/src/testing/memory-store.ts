/**
 * A store in memory for tests of the analyzer's own logic: what it holds grows as the test says, and it fails on
 * demand. The real engine is tested in the whole flow.
 */
import { agentId, seriesId, type AlarmEvent, type SeriesName } from '@kaiku/protocol';
import type { DerivedRow, FactRow, SeriesInfo, StoredLedgerRow } from '@kaiku/store';
import type { AnalyzerStore, StoreReader } from '../read/store-reader.ts';

export interface MemoryStore extends StoreReader {
  readonly events: AlarmEvent[];
  readonly derived: DerivedRow[];
  /** While set, every read throws it. */
  failure: Error | undefined;
  /** While set, facts cannot be read. */
  factFailure: Error | undefined;
  /** Reads of raw data so far. */
  rawReads: number;
  /** One gauge reading; undefined value: a failed probe. */
  sample(agent: string, name: SeriesName, ts: number, value: number | undefined): void;
  fact(fact: Omit<FactRow, 'ts'>): void;
  /** A batch of `agent` with samples from `firstMs` to `lastMs` came in. */
  inserted(agent: string, firstMs: number, lastMs: number, insertedMs: number): void;
}

interface GaugeRow {
  readonly series: bigint;
  readonly ts: number;
  readonly agent: bigint;
  readonly value: number;
  readonly status: number;
}

export function memoryStore(): MemoryStore {
  const series = new Map<bigint, SeriesInfo>();
  const rows: GaugeRow[] = [];
  const facts: FactRow[] = [];
  const ledgerRows: StoredLedgerRow[] = [];

  const store: AnalyzerStore = {
    name: 'memory',
    read: {
      series: ({ entities, metrics } = {}) =>
        Promise.resolve(
          [...series.values()].filter(
            (each) => (entities?.includes(each.entity) ?? true) && (metrics?.includes(each.metric) ?? true),
          ),
        ),
      gauges: (ids, fromMs, toMs) => {
        memory.rawReads += 1;
        const found = rows
          .filter((row) => ids.includes(row.series) && row.ts >= fromMs && row.ts < toMs)
          .sort((a, b) => Number(a.series - b.series) || a.ts - b.ts);
        return Promise.resolve({
          series: BigUint64Array.from(found, (row) => row.series),
          ts: Float64Array.from(found, (row) => row.ts),
          value: Float64Array.from(found, (row) => row.value),
          status: Uint8Array.from(found, (row) => row.status),
        });
      },
      counters: () =>
        Promise.resolve({
          series: new BigUint64Array(0),
          agent: new BigUint64Array(0),
          ts: new Float64Array(0),
          value: new BigUint64Array(0),
          intervalMs: new Uint32Array(0),
          verdict: new Uint8Array(0),
        }),
      facts: (entities) =>
        memory.factFailure === undefined
          ? Promise.resolve(facts.filter(({ entity }) => entities.includes(entity)))
          : Promise.reject(memory.factFailure),
      derived: (ids, fromMs, toMs) =>
        Promise.resolve(memory.derived.filter((row) => ids.includes(row.series) && row.ts >= fromMs && row.ts < toMs)),
      activeAlarms: () => {
        const newest = new Map<string, AlarmEvent>();
        for (const event of memory.events) {
          const known = newest.get(event.alarm);
          if (known === undefined || event.tsMs >= known.tsMs) newest.set(event.alarm, event);
        }
        return Promise.resolve([...newest.values()].filter(({ event }) => event !== 'cleared'));
      },
      alarmEvents: ({ fromMs, toMs, entities }) =>
        Promise.resolve(
          memory.events.filter(
            (event) => event.tsMs >= fromMs && event.tsMs < toMs && (entities?.includes(event.entity) ?? true),
          ),
        ),
    },
    ledger: {
      since: (insertedMs, limit) =>
        Promise.resolve(ledgerRows.filter((row) => row.insertedMs >= insertedMs).slice(0, limit)),
      summaries: () =>
        Promise.resolve(
          ledgerRows.map(({ agent, epoch, seq, rows: count, firstMs, lastMs }) => ({
            agent,
            epoch,
            ranges: [[seq, seq]] as const,
            batches: 1,
            rows: count,
            firstMs,
            lastMs,
          })),
        ),
    },
  };

  const memory: MemoryStore = {
    events: [],
    derived: [],
    failure: undefined,
    factFailure: undefined,
    fact: (fact) => void facts.push({ ...fact, ts: 0 }),
    rawReads: 0,
    sample: (agent, name, ts, value) => {
      const id = seriesId(name);
      series.set(id, { id, kind: 'gauge', ...name });
      const status = value === undefined ? 1 : 0;
      rows.push({ series: id, ts, agent: agentId(agent), value: value ?? Number.NaN, status });
    },
    inserted: (agent, firstMs, lastMs, insertedMs) => {
      const seq = ledgerRows.length + 1;
      ledgerRows.push({ agent, epoch: 1, seq, sha256: '', rows: 1, firstMs, lastMs, sealedMs: lastMs, insertedMs });
    },
    read: async (run) => {
      if (memory.failure !== undefined) throw memory.failure;
      return run(store);
    },
  };
  return memory;
}
