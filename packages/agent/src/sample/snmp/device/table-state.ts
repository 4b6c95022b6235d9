/**
 * One walked table of one device: which columns to ask for, and what is kept between walks (rows and their names,
 * counter readings, series ids). Turns a walk's cells into samples and facts.
 *
 * A walk that did not bring everything leaves a failed sample of `snmpTableRows` beside what it brought, instance the
 * table's name, status the reason; so does a table the device does not have, once. When it is well again, that is told too.
 */
import { PROBE_STATUS, type ProbeStatus } from '@kaiku/protocol';
import type { CheckPlan, MetricPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../../collector.ts';
import { oidBytes } from '../codec/oid.ts';
import { counterValue, gaugeValue, textValue } from '../codec/value.ts';
import { statusOf } from '../session/session.ts';
import type { Grid } from '../walk/grid.ts';
import { RowList, type TableRow } from '../walk/rows.ts';
import type { WalkFailure, WalkResult } from '../walk/walk.ts';
import { CounterTrack } from './counter-track.ts';
import { uniqueNames } from './names.ts';
import {
  counterLimit,
  counterNature,
  IF_DISCONTINUITY,
  IF_HIGH_SPEED,
  IF_SPEED,
  type CounterNature,
} from './plausible.ts';

type TableCheck = Extract<CheckPlan, { check: 'snmp-table' }>;

const MBIT = 1_000_000;
const DAY_MS = 24 * 3600 * 1000;
/** hrStorageSize and hrStorageUsed: Integer32 that is meant unsigned. */
const UNSIGNED = /^1\.3\.6\.1\.2\.1\.25\.2\.3\.1\.[56]$/;

interface MetricColumn {
  readonly plan: MetricPlan;
  readonly column: number;
  readonly nature: CounterNature;
  readonly unsigned: boolean;
}

interface RowState {
  readonly name: string;
  /** What the device calls it. */
  readonly text: string;
  /** By metric, in the order of the plan; made when first needed. */
  readonly cells: (SeriesRef | CounterTrack | undefined)[];
  readonly facts: string[];
  factDay: number;
}

export type TableRows = RowList<RowState>;
type Row = TableRow<RowState>;

export class TableState {
  readonly columns: readonly Uint8Array[];
  readonly rows: TableRows = new RowList<RowState>();
  readonly #entity: string;
  readonly #metrics: readonly MetricColumn[];
  readonly #facts: readonly { readonly name: string; readonly column: number }[];
  readonly #nameColumns: readonly number[];
  readonly #speedColumns: readonly [high: number, low: number];
  readonly #discontinuityColumn: number;
  readonly #status: SeriesRef;
  #lastStatus: ProbeStatus = 'ok';
  /** Of the rows when they were named. */
  #namedVersion = -1;

  constructor(entity: string, check: TableCheck, collector: Collector, plain: boolean) {
    this.#entity = entity;
    // Version 1 has no Counter64 (RFC 3584): such columns are not worth a question.
    const metrics = plain ? check.metrics.filter(({ kind, bits }) => kind !== 'counter' || bits === 32) : check.metrics;
    const natures = metrics.map(({ kind, oid }) => (kind === 'counter' ? counterNature(oid) : undefined));
    const helpers = natures.some((nature) => nature !== undefined) ? [IF_HIGH_SPEED, IF_DISCONTINUITY] : [];
    const asked = [...check.nameOids, ...metrics.map(({ oid }) => oid), ...check.facts.map(({ oid }) => oid)];
    const oids = [...new Set([...asked, ...helpers])];
    this.columns = oids.map(oidBytes);
    this.#metrics = metrics.map((plan, at) => ({
      plan,
      column: oids.indexOf(plan.oid),
      nature: natures[at],
      unsigned: UNSIGNED.test(plan.oid),
    }));
    this.#facts = check.facts.map(({ name, oid }) => ({ name, column: oids.indexOf(oid) }));
    this.#nameColumns = check.nameOids.map((oid) => oids.indexOf(oid));
    this.#speedColumns = [oids.indexOf(IF_HIGH_SPEED), oids.indexOf(IF_SPEED)];
    this.#discontinuityColumn = oids.indexOf(IF_DISCONTINUITY);
    this.#status = collector.series({ entity, metric: 'snmpTableRows', instance: check.table }, 'gauge');
  }

  /** @param counters false: states and facts only */
  record(walk: WalkResult<RowState>, slotMs: number, collector: Collector, counters: boolean): void {
    const { rows, grid, failure } = walk;
    this.#name(rows, grid, failure === undefined);
    for (const row of rows)
      if (row.state !== undefined) this.#recordRow(row, row.state, grid, slotMs, collector, counters);
    grid.release();
    this.#recordStatus(rows.length, failure, slotMs, collector);
    if (failure === undefined) this.rows.keepSeenBy(walk.walk);
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
    const texts = rows.map((row) => this.#rowText(row, grid));
    const same = this.#namedVersion === this.rows.version && rows.every((row, at) => row.state?.text === texts[at]);
    if (same) return;
    const named = rows.flatMap((row, at) => {
      const text = texts[at] ?? (complete || this.#nameColumns.length === 0 ? '' : undefined);
      return text === undefined ? [] : [{ row, index: row.text, text }];
    });
    const names = uniqueNames(named);
    named.forEach(({ row, text }, at) => {
      // Cut short: rows may be missing, so what tells equal names apart is not certain; names once given stay.
      const name = complete ? (names[at] ?? row.text) : (row.state?.name ?? names[at] ?? row.text);
      if (row.state?.name === name && row.state.text === text) return;
      const kept = row.state?.name === name ? row.state : undefined;
      row.state = {
        name,
        text,
        cells: kept?.cells ?? this.#metrics.map(() => undefined),
        facts: kept?.facts ?? [],
        factDay: kept?.factDay ?? -1,
      };
    });
    if (complete) this.#namedVersion = this.rows.version;
  }

  /** The first name column that says something; undefined when none did. */
  #rowText(row: Row, grid: Grid): string | undefined {
    for (const column of this.#nameColumns) {
      const text = cellText(grid, row, column);
      if (text !== '') return text;
    }
    return undefined;
  }

  #recordRow(row: Row, state: RowState, grid: Grid, slotMs: number, collector: Collector, counters: boolean): void {
    const speed = this.#speed(row, grid);
    const started = cellNumber(grid, row, this.#discontinuityColumn);
    const base = row.at * grid.width;
    this.#metrics.forEach(({ plan, column, nature, unsigned }, at) => {
      const place = base + column;
      const tag = grid.tag[place] ?? 0;
      const message = grid.messages[grid.message[place] ?? 0];
      if (tag === 0 || message === undefined) return;
      const { bytes, time } = message;
      const start = grid.start[place] ?? 0;
      const end = grid.end[place] ?? 0;
      const cell = (state.cells[at] ??= this.#open(plan, state.name, collector));
      if (cell instanceof CounterTrack) {
        const value = counters ? counterValue(tag, bytes, start, end) : undefined;
        const limit = counterLimit(nature, plan.bits, speed);
        if (value !== undefined) cell.record(collector, slotMs, value, time, limit, started);
        return;
      }
      const value = gaugeValue(tag, bytes, start, end, unsigned) * plan.scale;
      collector.gauge(cell, slotMs, value, Number.isNaN(value) ? PROBE_STATUS.malformed : PROBE_STATUS.ok);
    });
    if (this.#facts.length > 0) this.#recordFacts(row, state, grid, slotMs, collector);
  }

  #recordFacts(row: Row, state: RowState, grid: Grid, slotMs: number, collector: Collector): void {
    const day = Math.floor(slotMs / DAY_MS);
    const repeat = state.factDay !== day;
    state.factDay = day;
    this.#facts.forEach(({ name, column }, at) => {
      if ((grid.tag[row.at * grid.width + column] ?? 0) === 0) return;
      const text = cellText(grid, row, column);
      if (!repeat && state.facts[at] === text) return;
      state.facts[at] = text;
      collector.fact(this.#entity, name, state.name, slotMs, text);
    });
  }

  #open(metric: MetricPlan, instance: string, collector: Collector): SeriesRef | CounterTrack {
    const series = collector.series({ entity: this.#entity, metric: metric.name, instance }, metric.kind);
    return metric.kind === 'counter' ? new CounterTrack(series, metric.bits) : series;
  }

  /** Speed of the row's interface, bit/s; 0 when unknown. */
  #speed(row: Row, grid: Grid): number {
    const [highColumn, lowColumn] = this.#speedColumns;
    const high = cellNumber(grid, row, highColumn) ?? 0;
    return high > 0 ? high * MBIT : (cellNumber(grid, row, lowColumn) ?? 0);
  }
}

function tableStatus(failure: WalkFailure): ProbeStatus {
  if (failure === 'rows' || failure === 'requests') return 'error';
  return failure === 'disorder' ? 'malformed' : statusOf(failure);
}

function cellText(grid: Grid, row: Row, column: number): string {
  const place = row.at * grid.width + column;
  const message = grid.messages[grid.message[place] ?? 0];
  const tag = grid.tag[place] ?? 0;
  if (column < 0 || tag === 0 || message === undefined) return '';
  return textValue(tag, message.bytes, grid.start[place] ?? 0, grid.end[place] ?? 0);
}

function cellNumber(grid: Grid, row: Row, column: number): number | undefined {
  const place = row.at * grid.width + column;
  const message = grid.messages[grid.message[place] ?? 0];
  const tag = grid.tag[place] ?? 0;
  if (column < 0 || tag === 0 || message === undefined) return undefined;
  return gaugeValue(tag, message.bytes, grid.start[place] ?? 0, grid.end[place] ?? 0);
}
