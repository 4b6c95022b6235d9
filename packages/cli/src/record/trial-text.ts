/** A trial of a template as text. Pure. */
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { Trial, TriedMetric, Value } from './trial.ts';

const COLUMNS = [
  { title: 'metric' },
  { title: 'unit' },
  { title: 'values', right: true },
  { title: 'example' },
] as const;
const DESCR_CHARS = 100;
const EXAMPLE_CHARS = 56;
const MOST_INSTANCES = 5;
const MOST_FACTS = 12;

export function trialText(trial: Trial, style: Style): string {
  const { sysDescr, sysObjectID, fitting, template, metrics, facts, alarms } = trial;
  const [chosen, ...others] = fitting;
  const found = metrics.filter(({ values }) => values.length > 0);
  const empty = metrics.filter(({ values }) => values.length === 0);
  const lines = [
    style.bold(oneLine(sysDescr).slice(0, DESCR_CHARS)),
    `sysObjectID ${sysObjectID || 'none'}`,
    chosen === undefined
      ? 'no template fits: discovery would choose snmp-device'
      : `discovery chooses ${style.bold(chosen.template)}: ${chosen.reason}`,
    ...others.map(({ template: id, reason }) => style.dim(`  would fit, too: ${id}: ${reason}`)),
    '',
    style.bold(`${template.id}: ${found.length} of ${metrics.length} metrics have values`),
    ...(found.length === 0 ? [] : [table(COLUMNS, found.map(rowOf))]),
    ...(empty.length === 0 ? [] : ['', style.bold('without a value'), ...missing(empty, metrics)]),
    ...(facts.length === 0 ? [] : ['', style.bold('facts'), ...someOf(facts)]),
    '',
    style.bold(
      alarms.length === 0 ? 'no alarm would stand on these values' : 'alarms that would stand on these values',
    ),
    ...alarms.map(({ rule, instances }) => {
      const which = instances.slice(0, MOST_INSTANCES).map(named).join(', ');
      const more = instances.length > MOST_INSTANCES ? ` and ${instances.length - MOST_INSTANCES} more` : '';
      return `  ${rule.severity.padEnd(8)} ${rule.id}: ${rule.metric} ${rule.when} ${rule.raise}: ${which}${more}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf({ name, metric, values }: TriedMetric): string[] {
  const [first] = values;
  const word = first === undefined ? undefined : metric?.states?.[String(first.value)];
  const unit = metric?.kind === 'counter' ? `${metric.unit} (counter)` : (metric?.unit ?? '');
  const example = first === undefined ? '' : `${named(first)}${word === undefined ? '' : ` (${word})`}`;
  return [name, unit, String(values.length), example.slice(0, EXAMPLE_CHARS)];
}

function named({ instance, value }: Value): string {
  const number = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  return instance === '' ? number : `${instance} = ${number}`;
}

/** By table: one that has nothing at all is one line. */
function missing(empty: readonly TriedMetric[], all: readonly TriedMetric[]): string[] {
  return [...Map.groupBy(empty, ({ table: of }) => of)].map(([of, members]) => {
    const names = members.map(({ name }) => name).join(', ');
    if (of === '') return `  not there: ${names}`;
    const whole = all.filter((each) => each.table === of).length === members.length;
    return whole ? `  table ${of}: no rows (${names})` : `  table ${of}: no value of ${names}`;
  });
}

function someOf(facts: readonly string[]): string[] {
  const shown = facts
    .slice(0, MOST_FACTS)
    .map((fact) => `  ${oneLine(fact).replace(' =', ' = ').slice(0, DESCR_CHARS)}`);
  return facts.length > MOST_FACTS ? [...shown, `  and ${facts.length - MOST_FACTS} more`] : shown;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
