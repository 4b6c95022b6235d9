/**
 * What of a table's check is the same for all devices that have it: which columns are walked, and what each is for. Made
 * once for a check. Pure.
 *
 * A device without 64-bit counters (version 1, RFC 3584; old switches and many small boxes) is asked for the 32-bit ones in
 * their stead, under the same names and judged as what they are.
 */
import type { CheckPlan, MetricPlan } from '@kaiku/catalog';
import { oidBytes } from '../codec/oid.ts';
import { readerOf, type Reader } from './meaning.ts';
import {
  counterNature,
  IF_DISCONTINUITY,
  IF_HIGH_SPEED,
  IF_SPEED,
  IF_TABLE,
  IFX_TABLE,
  MBIT,
  type CounterNature,
} from './plausible.ts';
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
  /** Places of the metrics that devices without 64-bit counters do not have; empty when there are none, or no longer. */
  readonly wide: readonly number[];
}

/** ifXTable to ifTable, and to its own 32-bit columns (RFC 2863). */
const NARROW: ReadonlyMap<string, string> = new Map([
  [`${IFX_TABLE}6`, `${IF_TABLE}10`],
  [`${IFX_TABLE}10`, `${IF_TABLE}16`],
  [`${IFX_TABLE}7`, `${IF_TABLE}11`],
  [`${IFX_TABLE}11`, `${IF_TABLE}17`],
  ...[8, 9, 12, 13].map((column, at) => [`${IFX_TABLE}${column}`, `${IFX_TABLE}${at + 2}`] as const),
]);

/** What stands for a metric where there are no 64-bit counters; itself where that is no matter. */
function narrow(plan: MetricPlan): MetricPlan {
  if (plan.oid === IF_HIGH_SPEED) return { ...plan, oid: IF_SPEED, scale: plan.scale / MBIT };
  const oid = plan.kind === 'counter' ? NARROW.get(plan.oid) : undefined;
  return oid === undefined ? plan : { ...plan, oid, bits: 32 };
}

/** By check: the poller gives devices with equal checks the same object. */
const full = new WeakMap<TableCheck, TableLayout>();
const plain = new WeakMap<TableCheck, TableLayout>();

/** @param counters64 false for a device without them */
export function layoutOf(check: TableCheck, counters64: boolean): TableLayout {
  const known = counters64 ? full : plain;
  let layout = known.get(check);
  if (layout === undefined) {
    layout = makeLayout(
      check,
      counters64
        ? check.metrics
        : check.metrics.map(narrow).filter(({ kind, bits }) => kind !== 'counter' || bits === 32),
    );
    known.set(check, layout);
  }
  return layout;
}

function makeLayout(check: TableCheck, metrics: readonly MetricPlan[]): TableLayout {
  const natures = metrics.map(({ kind, oid }) => (kind === 'counter' ? counterNature(oid) : undefined));
  const wide = metrics.flatMap((plan, at) => (plan.kind === 'counter' && narrow(plan) !== plan ? [at] : []));
  const helpers = natures.some((nature) => nature !== undefined) ? [IF_HIGH_SPEED, IF_DISCONTINUITY] : [];
  if (helpers.length > 0 && wide.length === 0) helpers.push(IF_SPEED);
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
    wide,
  };
}
