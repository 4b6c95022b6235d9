/**
 * What names mean in a catalog: the built-in dictionary and what the catalog adds of its own. Whoever has a catalog at
 * hand asks here, so that an object a customer polls is known everywhere like any other. Pure.
 */
import type { Catalog } from '../model/catalog.ts';
import type { Fact, Metric, SnmpTable } from '../model/metrics.ts';
import { FACTS } from './facts.ts';
import { METRICS, metric as builtInMetric } from './metrics.ts';
import { SNMP_TABLES } from './tables.ts';

export interface Dictionary {
  /** Undefined for names it does not know. */
  readonly metric: (name: string) => Metric | undefined;
  readonly fact: (name: string) => Fact | undefined;
  readonly table: (name: string) => SnmpTable | undefined;
  readonly metricNames: readonly string[];
  readonly factNames: readonly string[];
  readonly tableNames: readonly string[];
}

export type OwnNames = Pick<Catalog, 'metrics' | 'facts' | 'tables'>;

const known = new WeakMap<OwnNames, Dictionary>();

export function dictionaryOf(catalog: OwnNames): Dictionary {
  let dictionary = known.get(catalog);
  if (dictionary === undefined) {
    dictionary = build(catalog);
    known.set(catalog, dictionary);
  }
  return dictionary;
}

function build({ metrics, facts, tables }: OwnNames): Dictionary {
  const ownMetrics = new Map(metrics.map((each) => [each.name, each]));
  const ownFacts = new Map(facts.map((each) => [each.name, each]));
  const ownTables = new Map(tables.map((each) => [each.name, each]));
  return {
    metric: (name) => builtInMetric(name) ?? ownMetrics.get(name),
    fact: (name) => FACTS[name] ?? ownFacts.get(name),
    table: (name) => SNMP_TABLES[name] ?? ownTables.get(name),
    metricNames: [...METRICS.map(({ name }) => name), ...ownMetrics.keys()],
    factNames: [...Object.keys(FACTS), ...ownFacts.keys()],
    tableNames: [...Object.keys(SNMP_TABLES), ...ownTables.keys()],
  };
}
