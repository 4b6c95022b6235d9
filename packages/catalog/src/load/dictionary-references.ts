/** The catalog's own metrics, facts and tables: each name means one thing, and tables name what exists. Fed by `checkReferences`. */
import { dictionaryOf } from '../dictionary/dictionary.ts';
import { FACTS } from '../dictionary/facts.ts';
import { metric } from '../dictionary/metrics.ts';
import { SNMP_TABLES } from '../dictionary/tables.ts';
import type { Catalog } from '../model/catalog.ts';

type Path = readonly PropertyKey[];
type Fail = (path: Path, message: string, hint: string) => never;

export function checkDictionary(catalog: Catalog, fail: Fail): void {
  const builtIn = {
    metrics: (name: string) => metric(name) !== undefined,
    facts: (name: string) => FACTS[name] !== undefined,
    tables: (name: string) => SNMP_TABLES[name] !== undefined,
  };
  for (const part of ['metrics', 'facts', 'tables'] as const) {
    catalog[part].forEach(({ name }, index) => {
      if (!builtIn[part](name)) return;
      fail([part, index, 'name'], `"${name}" is built in`, 'use it as it is, or choose another name for yours');
    });
  }
  const dictionary = dictionaryOf(catalog);
  catalog.tables.forEach((table, index) => {
    table.metrics.forEach((name, at) => {
      if (dictionary.metric(name)?.snmp !== undefined) return;
      fail(['tables', index, 'metrics', at], `there is no metric "${name}" that SNMP reads`, 'add it under "metrics"');
    });
    table.facts.forEach((name, at) => {
      if (dictionary.fact(name) !== undefined) return;
      fail(['tables', index, 'facts', at], `there is no fact "${name}"`, 'add it under "facts"');
    });
  });
}
