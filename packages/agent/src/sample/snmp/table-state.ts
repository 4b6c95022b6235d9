/**
 * One walked table of one device: which columns to ask for, and what is kept between walks (row names, counter
 * readings, series ids). Turns a walk's rows into samples and facts.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan, MetricPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { CounterTrack } from './counter-track.ts';
import { uniqueNames } from './names.ts';
import { IF_DISCONTINUITY, IF_HIGH_SPEED, IF_SPEED, isInterfaceCounter, maxPerSecond } from './plausible.ts';
import { counterValue, gaugeValue, textValue } from './values.ts';
import type { WalkResult, WalkRow } from './walk.ts';

export type TableCheck = Extract<CheckPlan, { check: 'snmp-table' }>;

const MBIT = 1_000_000;

type Cell = SeriesRef | CounterTrack;

interface RowState {
  readonly name: string;
  /** By metric, in the order of the plan; made when first needed. */
  readonly cells: (Cell | undefined)[];
}

export class TableState {
  readonly columns: readonly string[];
  readonly #entity: string;
  readonly #check: TableCheck;
  readonly #rows = new Map<string, RowState>();

  constructor(entity: string, check: TableCheck) {
    this.#entity = entity;
    this.#check = check;
    const metrics = check.metrics.map(({ oid }) => oid);
    const counts = check.metrics.some(({ kind, oid }) => kind === 'counter' && isInterfaceCounter(oid));
    const helpers = counts ? [IF_HIGH_SPEED, IF_DISCONTINUITY] : [];
    this.columns = [...new Set([...check.nameOids, ...metrics, ...check.facts.map(({ oid }) => oid), ...helpers])];
  }

  record(walk: WalkResult, slotMs: number, collector: Collector): void {
    const names = this.#names(walk);
    for (const row of walk.rows.values()) {
      const name = names.get(row.index);
      if (name === undefined) continue;
      let state = this.#rows.get(row.index);
      if (state?.name !== name) {
        state = { name, cells: this.#check.metrics.map(() => undefined) };
        this.#rows.set(row.index, state);
      }
      this.#recordRow(row, state, slotMs, collector);
    }
    if (!walk.complete) return;
    for (const index of this.#rows.keys()) if (!walk.rows.has(index)) this.#rows.delete(index);
  }

  /** Names by index. A row whose name did not come this time keeps the one it had. */
  #names(walk: WalkResult): Map<string, string> {
    const texts = new Map<string, string>();
    for (const row of walk.rows.values()) {
      const found = this.#check.nameOids
        .map((oid) => this.#cell(row, oid))
        .map((varbind) => (varbind === undefined ? '' : textValue(varbind)))
        .find((text) => text !== '');
      if (found !== undefined) texts.set(row.index, found);
      else if (walk.complete || this.#check.nameOids.length === 0) texts.set(row.index, '');
    }
    const names = uniqueNames(texts);
    if (walk.complete) return names;
    // Cut short: rows may be missing, so what tells equal names apart is not certain; names once given stay.
    for (const row of walk.rows.values()) {
      const before = this.#rows.get(row.index);
      if (before !== undefined) names.set(row.index, before.name);
    }
    return names;
  }

  #recordRow(row: WalkRow, state: RowState, slotMs: number, collector: Collector): void {
    const speed = this.#speed(row);
    const discontinuity = this.#cell(row, IF_DISCONTINUITY);
    const started = discontinuity === undefined ? undefined : gaugeValue(discontinuity);
    this.#check.metrics.forEach((metric, at) => {
      const column = this.columns.indexOf(metric.oid);
      const varbind = row.cells[column];
      const time = row.times[column];
      if (varbind === undefined || time === undefined) return;
      const cell = (state.cells[at] ??= this.#open(metric, state.name, collector));
      if (cell instanceof CounterTrack) {
        const value = counterValue(varbind);
        const limit = maxPerSecond(metric.oid, metric.bits, speed);
        if (value !== undefined) cell.record(collector, slotMs, value, time, limit, started);
        return;
      }
      const value = gaugeValue(varbind) * metric.scale;
      collector.gauge(cell, slotMs, value, Number.isNaN(value) ? PROBE_STATUS.malformed : PROBE_STATUS.ok);
    });
    for (const fact of this.#check.facts) {
      const varbind = this.#cell(row, fact.oid);
      if (varbind !== undefined) collector.fact(this.#entity, fact.name, state.name, slotMs, textValue(varbind));
    }
  }

  #open(metric: MetricPlan, instance: string, collector: Collector): Cell {
    const series = collector.series({ entity: this.#entity, metric: metric.name, instance }, metric.kind);
    return metric.kind === 'counter' ? new CounterTrack(series, metric.bits) : series;
  }

  /** Speed of the row's interface, bit/s; 0 when unknown. */
  #speed(row: WalkRow): number {
    const high = this.#cell(row, IF_HIGH_SPEED);
    const highBits = high === undefined ? 0 : gaugeValue(high) * MBIT;
    if (highBits > 0) return highBits;
    const low = this.#cell(row, IF_SPEED);
    return low === undefined ? 0 : gaugeValue(low);
  }

  #cell(row: WalkRow, oid: string): WalkRow['cells'][number] {
    const column = this.columns.indexOf(oid);
    return column < 0 ? undefined : row.cells[column];
  }
}
