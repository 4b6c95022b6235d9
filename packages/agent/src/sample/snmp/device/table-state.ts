/**
 * One walked table of one device: which columns to ask for, and what is kept between walks (rows and their names,
 * counter readings, series ids). Turns a walk's cells into samples and facts.
 *
 * A walk that did not bring everything leaves a failed sample of `snmpTableRows` beside what it brought, instance the
 * table's name, status the reason; so does a table the device does not have, once. When it is well again, that is told too.
 */
import { PROBE_STATUS, type ProbeStatus } from '@kaiku/protocol';
import type { MetricPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../../collector.ts';
import { counterValue, gaugeValue } from '../codec/value.ts';
import { statusOf } from '../session/session.ts';
import type { Grid } from '../walk/grid.ts';
import { RowList, type TableRow } from '../walk/rows.ts';
import type { WalkFailure, WalkResult } from '../walk/walk.ts';
import { cellNumber, cellText, hasCell } from './cells.ts';
import { CounterTrack } from './counter-track.ts';
import { withExponent } from './meaning.ts';
import { cleanName, uniqueNames } from './names.ts';
import { counterLimit, MBIT } from './plausible.ts';
import { passes } from './row-rules.ts';
import { RateTrack, RowSums } from './row-sums.ts';
import { layoutOf, type MetricColumn, type TableCheck, type TableLayout } from './table-layout.ts';

const DAY_MS = 24 * 3600 * 1000;

interface RowState {
  readonly name: string;
  /** What the device calls it. */
  readonly text: string;
  /** By metric, in the order of the plan; made when first needed. */
  readonly cells: (SeriesRef | CounterTrack | RateTrack | undefined)[];
  readonly facts: string[];
  factDay: number;
}

export type TableRows = RowList<RowState>;
type Row = TableRow<RowState>;

export class TableState {
  readonly rows: TableRows = new RowList<RowState>();
  readonly #entity: string;
  readonly #check: TableCheck;
  #layout: TableLayout;
  readonly #sumSeries = new Map<string, SeriesRef>();
  readonly #status: SeriesRef;
  #lastStatus: ProbeStatus = 'ok';
  /** Of the rows when they were named. */
  #namedVersion = -1;

  constructor(entity: string, check: TableCheck, collector: Collector, counters64: boolean) {
    this.#entity = entity;
    this.#check = check;
    this.#layout = layoutOf(check, counters64);
    this.#status = collector.series({ entity, metric: 'snmpTableRows', instance: check.table }, 'gauge');
  }

  get table(): string {
    return this.#check.table;
  }

  get columns(): readonly Uint8Array[] {
    return this.#layout.columns;
  }

  /** @param counters false: states and facts only */
  record(walk: WalkResult<RowState>, slotMs: number, collector: Collector, counters: boolean): void {
    const { rows, grid, failure } = walk;
    this.#name(rows, grid, failure === undefined);
    const sums = new RowSums();
    for (const row of rows)
      if (row.state !== undefined) this.#recordRow(row, row.state, grid, slotMs, collector, counters, sums);
    const narrower = failure === undefined && this.#lacksWide(rows, grid);
    // Of a walk cut short, sums would be too small.
    if (failure === undefined) this.#recordSums(sums, slotMs, collector);
    grid.release();
    this.#recordStatus(rows.length, failure, slotMs, collector);
    if (failure !== undefined) return;
    this.rows.keepSeenBy(walk.walk);
    if (narrower) this.#narrow(rows);
  }

  /** The table is there, and no row of it has a 64-bit counter. */
  #lacksWide(rows: readonly Row[], grid: Grid): boolean {
    const { wide, metrics } = this.#layout;
    const named = rows.filter(({ state }) => state !== undefined);
    return (
      wide.length > 0 &&
      named.length > 0 &&
      wide.every((at) => named.every((row) => !hasCell(grid, row, metrics[at]?.column ?? -1)))
    );
  }

  /** From the next walk on the 32-bit ones are asked for; until the agent starts anew, or the table's plan is another. */
  #narrow(rows: readonly Row[]): void {
    this.#layout = layoutOf(this.#check, false);
    for (const { state } of rows) state?.cells.fill(undefined);
  }

  /** Nothing of the table could be asked. */
  fail(status: ProbeStatus, slotMs: number, collector: Collector): void {
    collector.gauge(this.#status, slotMs, Number.NaN, PROBE_STATUS[status]);
    this.#lastStatus = status;
  }

  #recordStatus(rows: number, failure: WalkFailure | undefined, slotMs: number, collector: Collector): void {
    const status = failure === undefined ? (rows === 0 ? 'unsupported' : 'ok') : tableStatus(failure);
    // What is as it was needs no row each time; what fails is a failed probe each time.
    if (status !== this.#lastStatus || failure !== undefined)
      collector.gauge(this.#status, slotMs, rows === 0 ? Number.NaN : rows, PROBE_STATUS[status]);
    this.#lastStatus = status;
  }

  /** Gives rows their names where something about them is new. */
  #name(rows: readonly Row[], grid: Grid, complete: boolean): void {
    const counted = rows.filter((row) => this.#layout.rules.counts(row, grid));
    if (complete && counted.length < rows.length) forgetOthers(rows, counted);
    const texts = this.#layout.rules.texts(counted, rows, grid);
    const same = this.#namedVersion === this.rows.version && counted.every((row, at) => row.state?.text === texts[at]);
    if (same) return;
    const named = counted.flatMap((row, at) => {
      const text = texts[at] ?? (complete || !this.#layout.rules.needsColumns ? '' : undefined);
      return text === undefined ? [] : [{ row, index: row.text, text }];
    });
    const names = this.#layout.summed ? named.map(({ text }) => cleanName(text)) : uniqueNames(named);
    named.forEach(({ row, text }, at) => {
      // Cut short: rows may be missing, so what tells equal names apart is not certain; names once given stay.
      const name = complete ? (names[at] ?? row.text) : (row.state?.name ?? names[at] ?? row.text);
      if (row.state?.name === name && row.state.text === text) return;
      const kept = row.state?.name === name ? row.state : undefined;
      row.state = {
        name,
        text,
        cells: kept?.cells ?? this.#layout.metrics.map(() => undefined),
        facts: kept?.facts ?? [],
        factDay: kept?.factDay ?? -1,
      };
    });
    if (complete) this.#namedVersion = this.rows.version;
  }

  #recordRow(
    row: Row,
    state: RowState,
    grid: Grid,
    slotMs: number,
    collector: Collector,
    counters: boolean,
    sums: RowSums,
  ): void {
    const speed = this.#speed(row, grid);
    const started = cellNumber(grid, row, this.#layout.discontinuity);
    const base = row.at * grid.width;
    this.#layout.metrics.forEach((metric, at) => {
      const { plan, column, nature, unsigned, filters } = metric;
      const place = base + column;
      const tag = grid.tag[place] ?? 0;
      const message = grid.messages[grid.message[place] ?? 0];
      if (tag === 0 || message === undefined) return;
      const { bytes, time } = message;
      if (filters.length > 0 && !passes(filters, row, grid)) return;
      const start = grid.start[place] ?? 0;
      const end = grid.end[place] ?? 0;
      const cell = (state.cells[at] ??= this.#open(plan, state.name, collector));
      if (cell instanceof CounterTrack) {
        const value = counters ? counterValue(tag, bytes, start, end) : undefined;
        const limit = counterLimit(nature, plan.bits, speed);
        if (value !== undefined) cell.record(collector, slotMs, value, time, limit, started);
        return;
      }
      if (cell instanceof RateTrack && !counters) return;
      const whole = gaugeValue(tag, bytes, start, end, unsigned);
      const raw = cell instanceof RateTrack ? cell.perSecond(whole, time) : this.#scaled(metric, whole, row, grid);
      const value = raw === undefined ? undefined : metric.read(raw, () => cellText(grid, row, column));
      if (value === undefined) return;
      if (cell instanceof RateTrack || this.#layout.summed) sums.add(at, state.name, value);
      else collector.gauge(cell, slotMs, value, Number.isNaN(value) ? PROBE_STATUS.malformed : PROBE_STATUS.ok);
    });
    if (this.#layout.facts.length > 0) this.#recordFacts(row, state, grid, slotMs, collector);
  }

  #scaled({ plan, scaleColumn, precisionColumn }: MetricColumn, raw: number, row: Row, grid: Grid): number {
    if (plan.exponent === undefined) return raw;
    return withExponent(raw, cellNumber(grid, row, scaleColumn), cellNumber(grid, row, precisionColumn));
  }

  #recordSums(sums: RowSums, slotMs: number, collector: Collector): void {
    const seen = new Set<string>();
    sums.each((at, instance, value) => {
      const metric = this.#layout.metrics[at]?.plan.name ?? '';
      const key = `${at} ${instance}`;
      seen.add(key);
      let series = this.#sumSeries.get(key);
      if (series === undefined) {
        series = collector.series({ entity: this.#entity, metric, instance }, 'gauge');
        this.#sumSeries.set(key, series);
      }
      collector.gauge(series, slotMs, value, Number.isNaN(value) ? PROBE_STATUS.malformed : PROBE_STATUS.ok);
    });
    for (const key of this.#sumSeries.keys()) if (!seen.has(key)) this.#sumSeries.delete(key);
  }

  #recordFacts(row: Row, state: RowState, grid: Grid, slotMs: number, collector: Collector): void {
    const day = Math.floor(slotMs / DAY_MS);
    const repeat = state.factDay !== day;
    state.factDay = day;
    this.#layout.facts.forEach(({ name, column }, at) => {
      if (!hasCell(grid, row, column)) return;
      const text = cellText(grid, row, column);
      if (!repeat && state.facts[at] === text) return;
      state.facts[at] = text;
      collector.fact(this.#entity, name, state.name, slotMs, text);
    });
  }

  #open(metric: MetricPlan, instance: string, collector: Collector): SeriesRef | CounterTrack | RateTrack {
    if (metric.rate === true) return new RateTrack();
    const series = collector.series({ entity: this.#entity, metric: metric.name, instance }, metric.kind);
    return metric.kind === 'counter' ? new CounterTrack(series, metric.bits) : series;
  }

  /** Speed of the row's interface, bit/s; 0 when unknown. */
  #speed(row: Row, grid: Grid): number {
    const { highSpeed, speed } = this.#layout;
    const high = cellNumber(grid, row, highSpeed) ?? 0;
    return high > 0 ? high * MBIT : (cellNumber(grid, row, speed) ?? 0);
  }
}

/** Rows that no longer count: what they were is not told of them any more. */
function forgetOthers(rows: readonly Row[], counted: readonly Row[]): void {
  const kept = new Set(counted);
  for (const row of rows) if (!kept.has(row)) row.state = undefined;
}

function tableStatus(failure: WalkFailure): ProbeStatus {
  if (failure === 'rows' || failure === 'requests') return 'error';
  return failure === 'disorder' ? 'malformed' : statusOf(failure);
}
