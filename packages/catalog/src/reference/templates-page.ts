/** docs/templates.md, made from the library: `kaiku templates --page templates` writes it, a test compares it. */
import { alternativesOf } from '../library/choose-template.ts';
import { resolveTemplate, templateIds } from '../library/resolve.ts';
import type { Match } from '../model/match.ts';
import type { Measurement } from '../model/measurement.ts';
import type { Template } from '../model/template.ts';
import { markdownTable } from './markdown.ts';

const HEAD = `# Templates

A template says what a kind of device is asked and how often, what raises an alarm, what is drawn, what proves that the
device is there, and by what discovery knows it. Those below are built in; a catalog adds its own under \`templates\`,
which may extend these (see the [catalog's README](../packages/catalog/README.md)). \`kaiku templates ID\` shows one with
everything it inherits.

Discovery takes, among the templates whose conditions hold, the one with the highest priority, then the longest prefix
of sysObjectID. What answers SNMP but fits none is \`snmp-device\`; what does not answer is \`ping-only\`.`;

const MINUTE_MS = 60_000;

export function templatesPage(): string {
  const library = { templates: [] };
  const all = templateIds(library).map((id) => resolveTemplate(library, id));
  const rows = all
    .filter(({ part }) => !part)
    .map((template) => [
      `\`${template.id}\``,
      template.name,
      template.kind,
      template.measurements.map(asked).join('; '),
      template.alarms.map(({ id }) => id).join(', '),
      known(template),
    ]);
  const parts = all
    .filter(({ part }) => part)
    .map(({ id, name, measurements }) => [`\`${id}\``, name, measurements.map(asked).join('; ')]);
  return [
    HEAD,
    markdownTable(['template', 'for', 'kind', 'asks', 'alarms', 'known by'], rows),
    '## Parts',
    'Only there for templates to extend.',
    markdownTable(['part', 'for', 'asks'], parts),
    '',
  ].join('\n\n');
}

function asked(measurement: Measurement): string {
  const every = ` every ${interval(measurement.everyMs)}`;
  if (measurement.check === 'snmp-table') return `\`${measurement.table}\`${every}`;
  if (measurement.check !== 'snmp-get') return measurement.check + every;
  return `${measurement.metrics.length + measurement.facts.length} objects${every}`;
}

function interval(ms: number): string {
  if (ms % (60 * MINUTE_MS) === 0) return `${ms / (60 * MINUTE_MS)} h`;
  return ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS} min` : `${ms / 1000} s`;
}

function known(template: Template): string {
  return alternativesOf(template)
    .map((match) => conditions(match).join(' and '))
    .join('; ');
}

function conditions({ sysObjectId = [], sysDescr, answers = [] }: Match): string[] {
  return [
    ...(sysObjectId.length === 0 ? [] : [`sysObjectID ${sysObjectId.join(' or ')}`]),
    ...(sysDescr === undefined ? [] : [`sysDescr \`${sysDescr}\``]),
    ...(answers.length === 0 ? [] : [`an answer to ${answers.join(' or ')}`]),
  ];
}
