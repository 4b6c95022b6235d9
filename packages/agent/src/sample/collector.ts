/**
 * Where samplers put what they found, and the sealer takes it: gauge and counter rows, series descriptions
 * (when first seen and once a day) and facts (when changed and once a day).
 *
 * Descriptions repeat so that a store rebuilt from any one day's batches knows every series in it. Each
 * series has a day boundary of its own, drawn from its id, so midnight brings no flood.
 */
import { agentId, factRows, seriesId, seriesRows, VERDICT } from '@kaiku/protocol';
import type { EventRecord, FactRecord, SeriesDescription, SeriesName, TableRows, VerdictCode } from '@kaiku/protocol';
import { CounterColumns, GaugeColumns } from './columns.ts';
import { EventList, type Sealed } from './event-list.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Facts are short texts; a device that answers with a novel is cut. */
const FACT_CHARS = 1000;

/** A series known by its name, hashed once. Samplers keep it beside what they read. */
export interface SeriesRef {
  readonly id: bigint;
  readonly description: SeriesDescription;
  readonly boundaryMs: number;
  describedDay: number;
  lastStatus: number;
}

export interface Taken {
  readonly tables: readonly TableRows[];
  readonly firstMs: number;
  readonly lastMs: number;
  readonly samples: number;
}

export class Collector {
  readonly #gauges: GaugeColumns;
  readonly #counters: CounterColumns;
  readonly events: EventList;
  /** Hears of a fact that is new or another than before. */
  onFact: ((record: FactRecord, before: string | undefined) => void) | undefined;
  /** By entity, then by name and instance: thousands of devices may leave a plan at once. */
  readonly #facts = new Map<string, Map<string, { value: string; day: number }>>();
  #descriptions: SeriesDescription[] = [];
  #factRows: FactRecord[] = [];
  #firstMs = Infinity;
  #lastMs = 0;
  #seenMs = 0;
  #news = false;

  constructor(agent: string) {
    const id = agentId(agent);
    this.#gauges = new GaugeColumns(id);
    this.#counters = new CounterColumns(id);
    this.events = new EventList(agent);
  }

  /** Names a series: hashes, so once per series and not per sample. */
  series(name: SeriesName, kind: 'gauge' | 'counter'): SeriesRef {
    const id = seriesId(name);
    return {
      id,
      description: { ...name, kind },
      boundaryMs: Number(id % BigInt(DAY_MS)),
      describedDay: -1,
      lastStatus: 0,
    };
  }

  gauge(series: SeriesRef, tsMs: number, value: number, status: number): void {
    this.#note(series, tsMs);
    if (status !== series.lastStatus) {
      series.lastStatus = status;
      this.#news = true;
    }
    this.#gauges.append(series.id, BigInt(tsMs), value, status);
  }

  counter(series: SeriesRef, tsMs: number, value: bigint, intervalMs: number, verdict: VerdictCode): void {
    this.#note(series, tsMs);
    const step = verdict === VERDICT.unknown ? 0 : Math.min(Math.max(Math.round(intervalMs), 0), 0xffffffff);
    this.#counters.append(series.id, BigInt(tsMs), value, step, verdict);
  }

  /**
   * A slowly changing text. One that was never more than empty is not worth a row.
   * @param takenBack an empty one is: it was more before this agent's start
   */
  fact(entity: string, name: string, instance: string, tsMs: number, value: string, takenBack = false): void {
    const key = `${name}\u001f${instance}`;
    const text = value.slice(0, FACT_CHARS);
    const day = Math.floor(tsMs / DAY_MS);
    let facts = this.#facts.get(entity);
    const known = facts?.get(key);
    if (known === undefined ? text === '' && !takenBack : known.value === text && known.day === day) return;
    const record = { entity, name, instance, tsMs, value: text };
    if (facts === undefined) this.#facts.set(entity, (facts = new Map<string, { value: string; day: number }>()));
    facts.set(key, { value: text, day });
    this.#factRows.push(record);
    if (known?.value !== text) this.onFact?.(record, known?.value);
    this.#extend(tsMs);
  }

  /** Every fact as it is known now. */
  *facts(): Generator<Pick<FactRecord, 'entity' | 'name' | 'instance' | 'value'>> {
    for (const [entity, facts] of this.#facts) {
      for (const [key, { value }] of facts) {
        const [name = '', instance = ''] = key.split('\u001f');
        yield { entity, name, instance, value };
      }
    }
  }

  /** @param sealed told when it is on the disk, or lost: what is acknowledged to a sender waits for it */
  event(record: EventRecord, sealed?: Sealed): void {
    this.events.add(record, sealed);
  }

  /** Forgets what is known of an entity that is no longer measured. */
  forget(entity: string): void {
    this.#facts.delete(entity);
  }

  get samples(): number {
    return this.#gauges.rows + this.#counters.rows;
  }

  get empty(): boolean {
    return this.samples === 0 && this.#factRows.length === 0 && this.#descriptions.length === 0;
  }

  /** A probe began to fail, or to succeed again: worth sealing at once, somebody may be waiting to know. */
  get news(): boolean {
    return this.#news;
  }

  /** Everything since the last call. The views are valid until the next append. */
  take(): Taken {
    const samples = this.samples;
    const tables = [
      seriesRows(this.#descriptions, this.#seenMs),
      factRows(this.#factRows),
      this.#gauges.take(),
      this.#counters.take(),
    ];
    const taken = { tables, samples, firstMs: this.#firstMs, lastMs: this.#lastMs };
    this.#descriptions = [];
    this.#factRows = [];
    this.#news = false;
    this.#firstMs = Infinity;
    this.#lastMs = 0;
    return taken;
  }

  #note(series: SeriesRef, tsMs: number): void {
    this.#extend(tsMs);
    const day = Math.floor((tsMs + series.boundaryMs) / DAY_MS);
    if (series.describedDay === day) return;
    series.describedDay = day;
    this.#descriptions.push(series.description);
  }

  #extend(tsMs: number): void {
    if (tsMs < this.#firstMs) this.#firstMs = tsMs;
    if (tsMs > this.#lastMs) this.#lastMs = tsMs;
    if (tsMs > this.#seenMs) this.#seenMs = tsMs;
  }
}
