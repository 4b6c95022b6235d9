/** SNMP's part of a plan: names of measurements turned into OIDs, by the catalog's dictionary. Pure. */
import type { Dictionary } from '../dictionary/dictionary.ts';
import type { Measurement } from '../model/measurement.ts';
import type { Metric } from '../model/metrics.ts';
import type { CheckPlan } from './agent-plan.ts';
import type { MetricPlan } from './snmp-plan.ts';

type SnmpMeasurement = Extract<Measurement, { check: 'snmp-get' | 'snmp-table' }>;
type SnmpCheckPlan = Extract<CheckPlan, { check: 'snmp-get' | 'snmp-table' }>;

/** @param everyMs the device's own interval; what only reads facts keeps its own, which is long on purpose */
export function compileSnmp(
  measurement: SnmpMeasurement,
  everyMs: number | undefined,
  dictionary: Dictionary,
): SnmpCheckPlan {
  const { metrics, facts } = measurement;
  const columns = {
    everyMs: metrics.length === 0 ? measurement.everyMs : (everyMs ?? measurement.everyMs),
    metrics: metrics.flatMap((name) => metricPlan(dictionary.metric(name))),
    facts: facts.flatMap((name) => dictionary.fact(name) ?? []).map(({ name, oid }) => ({ name, oid })),
  };
  if (measurement.check === 'snmp-get') return { check: 'snmp-get', ...columns };
  const { names = [], lookup, textIndex, numbered, where, sum } = dictionary.table(measurement.table) ?? {};
  return {
    check: 'snmp-table',
    table: measurement.table,
    nameOids: names,
    ...said({ lookup, textIndex, numbered, where, sum }),
    ...columns,
  };
}

function metricPlan(entry: Metric | undefined): MetricPlan[] {
  if (entry?.snmp === undefined || entry.kind === 'derived') return [];
  const { oid, bits = 64, absent, texts, where, exponent, rate } = entry.snmp;
  const { name, kind, scale = 1, offset } = entry;
  return [{ name, kind, oid, bits, scale, ...said({ offset, absent, texts, where, exponent, rate }) }];
}

/** Without what is not said: plans are stored and sent, and most metrics need none of it. */
function said<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What an agent that reads plans of version 1 can do of a check; undefined when it would give wrong values or names. */
export function asVersion1Snmp(check: SnmpCheckPlan): SnmpCheckPlan | undefined {
  if (check.check === 'snmp-table') {
    if ((check.lookup ?? check.textIndex ?? check.sum) !== undefined) return undefined;
    // Rows that should have been left out do no harm; rows of other kinds of things would be taken for these.
    if (check.where?.some(({ is }) => is !== undefined) === true) return undefined;
  }
  const metrics = check.metrics.filter(
    ({ offset, absent, texts, where, exponent, rate }) =>
      (offset ?? absent ?? texts ?? where ?? exponent ?? rate) === undefined,
  );
  return metrics.length + check.facts.length === 0 ? undefined : { ...check, metrics };
}
