/** docs/metrics.md, made from the dictionary: `kaiku templates --page metrics` writes it, a test compares it. Pure. */
import { APP_FACTS } from '../dictionary/app-metrics.ts';
import { FACTS } from '../dictionary/facts.ts';
import { METRICS, PROBE_FACTS } from '../dictionary/metrics.ts';
import { SNMP_TABLES } from '../dictionary/tables.ts';
import type { SnmpTable } from '../model/metrics.ts';
import { markdownTable } from './markdown.ts';

const HEAD = `# Metrics

Names that templates, alarm rules and graphs may use. Counters are stored raw and shown as rates (unit a second); gauges
are stored in the unit given here, whatever the device counts in. Derived metrics are computed by the analyzers. A
catalog can add its own metrics, facts and tables: see [configuration](configuration.md).`;

export function metricsPage(): string {
  const metrics = METRICS.map(({ name, kind, unit, snmp, help }) => [`\`${name}\``, kind, unit, snmp?.oid ?? '', help]);
  const tables = Object.values(SNMP_TABLES).map((table) => [
    `\`${table.name}\``,
    rowsAreCalled(table),
    table.metrics.join(', '),
    table.facts.join(', '),
  ]);
  const facts = Object.values(FACTS).map(({ name, oid, help }) => [`\`${name}\``, oid, help]);
  return [
    HEAD,
    markdownTable(['metric', 'kind', 'unit', 'OID', 'meaning'], metrics),
    '## Tables',
    markdownTable(['table', 'rows are named by', 'metrics', 'facts'], tables),
    '## Facts',
    markdownTable(['fact', 'OID', 'meaning'], facts),
    '## Facts of application checks',
    "Their instance is the check's id; they are written when they change.",
    markdownTable(
      ['fact', 'meaning'],
      APP_FACTS.map(({ name, help }) => [`\`${name}\``, help]),
    ),
    '## Facts of probes',
    markdownTable(
      ['fact', 'meaning'],
      PROBE_FACTS.map(({ name, help }) => [`\`${name}\``, help]),
    ),
    '',
  ].join('\n\n');
}

function rowsAreCalled({ names, lookup, textIndex, sum }: SnmpTable): string {
  if (textIndex === true) return 'text of the index';
  if (names.length > 0) return `${names.join(', else ')}${sum === true ? ', added up' : ''}`;
  if (lookup === undefined) return 'row index';
  const where = lookup.by === undefined ? `first ${lookup.parts} numbers of the index` : lookup.by;
  return `${lookup.names.join(', else ')} of the row that ${where} points at`;
}
