/**
 * What a store offers, whichever engine stands behind the ClickHouse HTTP interface. Loggers write
 * through it, analyzers and web read through it; `openStore` and `openPool` give the real ones.
 *
 * Times are ms since 1970, ids 64-bit BigInts, values in the units of the metric dictionary. Every
 * method throws StoreError (`retryable` decided in client/failure.ts). All reads give the newest
 * version of a row (duplicates from repeated inserts are never visible).
 */
import type {
  AlarmEvent,
  BatchTable,
  BlockEncoding,
  EventRecord,
  HourDigest,
  LossReason,
  RangeSet,
  SeriesKind,
} from '@kaiku/protocol';

export interface StoreAddress {
  readonly name: string;
  /** `http://127.0.0.1:8123` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Applied by `migrate`; a caller without it leaves the store's own as they are. */
  readonly retention?: Retention;
}

/** Days for which rows are kept, by the age of what they describe. */
export interface Retention {
  readonly rawDays: number;
  readonly fiveMinuteDays: number;
  readonly hourDays: number;
}

export interface SeriesInfo {
  readonly id: bigint;
  readonly entity: string;
  readonly metric: string;
  readonly instance: string;
  readonly kind: SeriesKind;
}

/** Parallel columns of readings of many series, ordered by (series, ts). NaN where a probe failed. */
export interface GaugeColumns {
  readonly series: BigUint64Array;
  readonly ts: Float64Array;
  readonly value: Float64Array;
  readonly status: Uint8Array;
}

/** Raw counters, ordered by (series, agent, ts): `counterDelta` of neighbours gives the rise. */
export interface CounterColumns {
  readonly series: BigUint64Array;
  readonly agent: BigUint64Array;
  readonly ts: Float64Array;
  readonly value: BigUint64Array;
  readonly intervalMs: Uint32Array;
  readonly verdict: Uint8Array;
}

/** One series on a grid of equal steps from `fromMs`; NaN: nothing known. For counters: units per second. */
export interface GridSeries {
  readonly series: bigint;
  readonly avg: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

export interface GridRequest {
  readonly series: readonly { readonly id: bigint; readonly kind: SeriesKind }[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a step; the store picks raw, 5-minute or 1-hour data to fit. */
  readonly stepMs: number;
}

export interface LatestValue {
  readonly series: bigint;
  readonly ts: number;
  /** Gauge or derived value; a counter's rate per second over its last step; NaN after a failed probe. */
  readonly value: number;
  readonly status: number;
}

/** What one agent last saw of a gauge; agents that measure one target are never merged here. */
export interface AgentReading extends LatestValue {
  /** `agentId(name)`. */
  readonly agent: bigint;
}

export interface FactRow {
  readonly entity: string;
  readonly name: string;
  readonly instance: string;
  readonly ts: number;
  readonly value: string;
}

/** An event as stored: who sealed it, and the bytes as received in base64. */
export interface EventRow extends Omit<EventRecord, 'raw' | 'kind'> {
  readonly id: bigint;
  /** 64-bit id of the agent: `agentId(name)`. */
  readonly agent: bigint;
  /** One of EVENT_KINDS, or one of a later version. */
  readonly kind: string;
  readonly rawBase64: string;
}

export interface EventFilter {
  readonly fromMs: number;
  readonly toMs: number;
  readonly entities?: readonly string[];
  readonly kinds?: readonly string[];
  readonly names?: readonly string[];
  /** Only this severe or worse: 0 to 7. */
  readonly severity?: number;
  /** In the message, whatever its case. */
  readonly text?: string;
  /** Events of these names fit the text as well: what it is called where somebody has a MIB for it. */
  readonly namesOfText?: readonly string[];
  /** Only what comes behind this one in the order of the answer: the next page, whatever has come meanwhile. */
  readonly before?: EventPlace;
  readonly limit: number;
}

/** Where an event stands among all: newest first, then by agent, then the later recorded first. */
export type EventPlace = Pick<EventRow, 'tsMs' | 'agent' | 'id'>;

export interface LedgerRow {
  readonly agent: string;
  readonly epoch: number;
  readonly seq: number;
  readonly sha256: string;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly sealedMs: number;
  /** Gauge and counter rows by hour of sample time: what an audit counts again. Absent in rows of older loggers. */
  readonly hours?: readonly { readonly hourMs: number; readonly rows: number }[];
}

/** A ledger row as stored: with the logger's clock when it was inserted. */
export interface StoredLedgerRow extends LedgerRow {
  readonly insertedMs: number;
}

export interface LedgerSummary {
  readonly agent: string;
  readonly epoch: number;
  readonly ranges: RangeSet;
  readonly batches: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Sequence numbers that will never come, and why: the gap is known, explained and final. */
export interface GapRow {
  readonly agent: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly reason: LossReason;
  /** When this logger learnt of it, ms since 1970. */
  readonly atMs: number;
}

/** Samples (gauge and counter rows) of one agent in one hour: by the ledger, and as they are in the tables. */
export interface HourRows {
  readonly agent: string;
  readonly hourMs: number;
  /** What the ledger says was inserted. */
  readonly expected: number;
  /** Distinct rows in the tables. Fewer than expected: rows are lost, or two batches held the same sample. */
  readonly found: number;
}

/** What a logger's audit asks its store. Hours are of sealing (digests) or of sample time (rows); see the methods. */
export interface StoreAudit {
  /** Per hour of sealing: count and digest (`digestOf`) of an epoch's ledger rows sealed in [fromMs, toMs), ascending. */
  digests(agent: string, epoch: number, fromMs: number, toMs: number): Promise<readonly HourDigest[]>;
  /** The ledger rows of an epoch sealed in one hour. */
  list(agent: string, epoch: number, hourMs: number): Promise<readonly { seq: number; sha256: string }[]>;
  /** Compares ledger and tables for the hours of sample time in [fromMs, toMs), at most a day at a time. */
  rows(fromMs: number, toMs: number): Promise<readonly HourRows[]>;
  /** Keys of an agent's batches that hold samples of an hour of sample time. */
  batchesOf(agent: string, hourMs: number): Promise<readonly { epoch: number; seq: number }[]>;
  /** Hashes of many keys at once, in their order; undefined where the ledger has none. */
  hashes(keys: readonly { agent: string; epoch: number; seq: number }[]): Promise<readonly (string | undefined)[]>;
  /** Oldest and newest time of sealing in the ledger; undefined when it is empty. */
  sealedRange(): Promise<{ readonly firstMs: number; readonly lastMs: number } | undefined>;
  recordGaps(gaps: readonly GapRow[]): Promise<void>;
  /** All recorded gaps, or those first known at or after a moment. */
  gaps(sinceMs?: number): Promise<readonly GapRow[]>;
}

/** Derived result of one window. */
export interface DerivedRow {
  readonly series: bigint;
  readonly ts: number;
  readonly windowMs: number;
  readonly value: number;
  /** Fraction of the window in which it could be observed, 0..1. */
  readonly observed: number;
  readonly final: boolean;
}

export interface TableCount {
  readonly table: string;
  /** Distinct rows (after deduplication). */
  readonly rows: number;
  readonly bytesOnDisk: number;
}

export interface StoreLedger {
  /** Sequence ranges per agent and epoch, with hashes left in the store. */
  summaries(): Promise<readonly LedgerSummary[]>;
  /** Hash stored for one key, undefined when absent. */
  hashOf(agent: string, epoch: number, seq: number): Promise<string | undefined>;
  /** Writes rows; `insertedMs` is taken by the store's caller so that rows of one call share it. */
  record(rows: readonly LedgerRow[], insertedMs: number): Promise<void>;
  /** Rows inserted at or after a moment, in order of insertion: the analyzers' and refiners' cursor. */
  since(insertedMs: number, limit: number): Promise<readonly StoredLedgerRow[]>;
  quarantine(
    row: { agent: string; epoch: number; seq: number; reason: string; bytes: Uint8Array },
    atMs: number,
  ): Promise<void>;
  /** Batches in quarantine, put there at or after a moment. */
  quarantined(sinceMs?: number): Promise<number>;
}

export interface StoreRead {
  /** All series, or those of some entities or metrics. Cached by nobody here. */
  series(filter?: { entities?: readonly string[]; metrics?: readonly string[] }): Promise<readonly SeriesInfo[]>;
  gauges(ids: readonly bigint[], fromMs: number, toMs: number): Promise<GaugeColumns>;
  counters(ids: readonly bigint[], fromMs: number, toMs: number): Promise<CounterColumns>;
  grid(request: GridRequest): Promise<readonly GridSeries[]>;
  latest(series: readonly { id: bigint; kind: SeriesKind }[], notBeforeMs: number): Promise<readonly LatestValue[]>;
  /** The newest reading of each gauge by each agent that measured it. */
  seenBy(ids: readonly bigint[], notBeforeMs: number): Promise<readonly AgentReading[]>;
  facts(entities: readonly string[]): Promise<readonly FactRow[]>;
  derived(ids: readonly bigint[], fromMs: number, toMs: number): Promise<readonly DerivedRow[]>;
  /** The newest state-changing event of each alarm that is not cleared, plus its acknowledgement. */
  activeAlarms(): Promise<readonly AlarmEvent[]>;
  /** Events of a time range, newest first. */
  alarmEvents(filter: {
    fromMs: number;
    toMs: number;
    entities?: readonly string[];
    limit: number;
  }): Promise<readonly AlarmEvent[]>;
  /** What devices said and agents saw, newest first. */
  events(filter: EventFilter): Promise<readonly EventRow[]>;
}

export interface StoreRefine {
  /**
   * Recomputes the 5-minute and 1-hour rollups of all buckets touching [fromMs, toMs) from raw data:
   * idempotent, never incremental. Bounds are widened to whole hours.
   */
  rollup(fromMs: number, toMs: number, revision: number): Promise<void>;
  /** The refiner's cursor: ledger rows inserted before it are rolled up. 0 at first. */
  cursor(): Promise<number>;
  setCursor(insertedMs: number): Promise<void>;
}

export interface Store {
  readonly name: string;
  readonly ledger: StoreLedger;
  readonly audit: StoreAudit;
  readonly read: StoreRead;
  readonly refine: StoreRefine;
  /** True when the engine answers; never throws. */
  ping(): Promise<boolean>;
  /** Applies numbered migrations that are missing; answers the numbers applied. Idempotent. */
  migrate(): Promise<readonly number[]>;
  /**
   * Inserts checked blocks (each one Native block of `table`, as a zstd frame or plain) without re-encoding, durable
   * on return. Several make one insert, or a few when they are many bytes. Absent encoding: zstd.
   */
  insertFrames(table: BatchTable, frames: readonly Uint8Array[], encoding?: BlockEncoding): Promise<void>;
  counts(): Promise<readonly TableCount[]>;
  /** Free-form read for `kaiku query --sql` and diagnostics; rows as JSON objects. Read-only. */
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Readers' view of several stores: asks the healthiest, fails over on error or silence. */
export interface StorePool {
  /**
   * Runs a read on the best store; on a retryable failure, or when it is silent for longer than usual, on the next one
   * too. `run` may so run twice at once; the one that is not needed is cancelled.
   * @param range what is read, so that the store which holds most of it is asked first; without it the last hours count
   * @throws the last error when all fail
   */
  read<T>(run: (store: Store) => Promise<T>, range?: { readonly fromMs?: number; readonly toMs?: number }): Promise<T>;
  /** Health as last seen, in order of preference. */
  health(): readonly { readonly name: string; readonly healthy: boolean; readonly checkedMs: number }[];
  start(): Promise<void>;
  stop(): Promise<void>;
}
