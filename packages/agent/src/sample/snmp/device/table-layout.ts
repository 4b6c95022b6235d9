/**
 * What of a table's check is the same for all devices that have it: which columns are walked, and what each is for. Made
 * once for a check. Pure.
 */
import type { CheckPlan, MetricPlan } from '@kaiku/catalog';
import { oidBytes } from '../codec/oid.ts';
import { readerOf, type Reader } from './meaning.ts';
import { counterNature, IF_DISCONTINUITY, IF_HIGH_SPEED, IF_SPEED, type CounterNature } from './plausible.ts';
import { filtersOf, helperOids, RowRules } from './row-rules.ts';

export type TableCheck = Extract<CheckPlan, { check: 'snmp-table' }>;

/** hrStorageSize and hrStorageUsed: Integer32 that is meant unsigned. */
const UNSIGNED = /^1\.3\.6\.1\.2\.1\.25\.2\.3\.1\.[56]$/;

export interface MetricColumn {
  readonly plan: MetricPlan;
  readonly column: number;
  readonly nature: CounterNature;
  readonly unsigned: boolean;
  readonly read: Reader;
  readonly filters: ReturnType<typeof filtersOf>;
  /** Columns of the row's power of ten; -1 without. */
  readonly scaleColumn: number;
  readonly precisionColumn: number;
}

/** Columns by their number; -1: not asked. */
export interface TableLayout {
  readonly columns: readonly Uint8Array[];
  readonly metrics: readonly MetricColumn[];
  readonly facts: readonly { readonly name: string; readonly column: number }[];
  readonly rules: RowRules;
  /** Rows of one name are one. */
  readonly summed: boolean;
  readonly highSpeed: number;
  readonly speed: number;
  readonly discontinuity: number;
}

/** By check: the poller gives devices with equal checks the same object. */
const full = new WeakMap<TableCheck, TableLayout>();
const plain = new WeakMap<TableCheck, TableLayout>();

/** @param counters64 false for version 1, which has no Counter64 (RFC 3584): such columns are not worth a question */
export function layoutOf(check: TableCheck, counters64: boolean): TableLayout {
  const known = counters64 ? full : plain;
  let layout = known.get(check);
  if (layout === undefined) {
    const metrics = counters64
      ? check.metrics
      : check.metrics.filter(({ kind, bits }) => kind !== 'counter' || bits === 32);
    layout = makeLayout(check, metrics);
    known.set(check, layout);
  }
  return layout;
}

function makeLayout(check: TableCheck, metrics: readonly MetricPlan[]): TableLayout {
  const natures = metrics.map(({ kind, oid }) => (kind === 'counter' ? counterNature(oid) : undefined));
  const helpers = natures.some((nature) => nature !== undefined) ? [IF_HIGH_SPEED, IF_DISCONTINUITY] : [];
  const asked = [...check.nameOids, ...metrics.map(({ oid }) => oid), ...check.facts.map(({ oid }) => oid)];
  const oids = [...new Set([...asked, ...helpers, ...helperOids(check)])];
  return {
    columns: oids.map(oidBytes),
    metrics: metrics.map((plan, at) => ({
      plan,
      column: oids.indexOf(plan.oid),
      nature: natures[at],
      unsigned: UNSIGNED.test(plan.oid),
      read: readerOf(plan),
      filters: filtersOf(plan.where, oids),
      scaleColumn: oids.indexOf(plan.exponent?.scale ?? ''),
      precisionColumn: oids.indexOf(plan.exponent?.precision ?? ''),
    })),
    facts: check.facts.map(({ name, oid }) => ({ name, column: oids.indexOf(oid) })),
    rules: new RowRules(check, oids),
    summed: check.sum === true,
    highSpeed: oids.indexOf(IF_HIGH_SPEED),
    speed: oids.indexOf(IF_SPEED),
    discontinuity: oids.indexOf(IF_DISCONTINUITY),
  };
}
