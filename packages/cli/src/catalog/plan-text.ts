/** A plan as text: what changes, entry by entry, then what it means in figures, then what to mind. Pure. */
import type { EntryChange, Figures, PlanReport } from '@kaiku/catalog';
import { bytes, count, figure } from '../terminal/format.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';

/** Entries shown of each kind of change in one part; the rest is counted. */
const MOST_ENTRIES = 40;
const SIGN = { added: '+', changed: '~', removed: '-' } as const;

export function planText(report: PlanReport, paint: Style, all = false): string {
  const { changes, warnings, approval } = report;
  const blocks = [
    changes.length === 0 ? 'nothing to change' : changesText(changes, paint, all),
    figuresText(report),
    ...(report.coverage.some(({ measured, known }) => measured < known) ? [coverageText(report)] : []),
    ...(warnings.length === 0 ? [] : [warnings.map((each) => `${paint.yellow('!')} ${each}`).join('\n')]),
    ...(approval.length === 0
      ? []
      : [`${paint.bold('needs approval')}: ${approval.join('; ')}\n  kaiku change new "why" FILES... begins one`]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

export function changesText(changes: readonly EntryChange[], paint: Style, all: boolean): string {
  const colour = {
    added: (text: string) => paint.green(text),
    changed: (text: string) => paint.yellow(text),
    removed: (text: string) => paint.red(text),
  } as const;
  const parts = [...new Set(changes.map(({ part }) => part))];
  const blocks = parts.map((part) => {
    const own = changes.filter((each) => each.part === part);
    const lines: string[] = [];
    for (const what of ['added', 'changed', 'removed'] as const) {
      const these = own.filter((each) => each.what === what);
      const shown = all ? these : these.slice(0, MOST_ENTRIES);
      const more = these.length - shown.length;
      for (const each of shown) lines.push(...entryLines(each, colour[what]));
      if (more > 0) lines.push(`  ${SIGN[what]} and ${count(more)} more ${what} (--all shows them)`);
    }
    return [paint.bold(part), ...lines].join('\n');
  });
  return [...blocks, summaryLine(changes)].join('\n');
}

function summaryLine(changes: readonly EntryChange[]): string {
  const of = (what: EntryChange['what']): string =>
    `${count(changes.filter((each) => each.what === what).length)} ${what}`;
  return `${of('added')}, ${of('changed')}, ${of('removed')}`;
}

function entryLines({ what, id, title, fields }: EntryChange, paint: (text: string) => string): readonly string[] {
  const head = `  ${SIGN[what]} ${[id, title === '' ? '' : `(${title})`].filter((each) => each !== '').join(' ')}`;
  if (what !== 'changed') {
    const telling = fields.map(
      ({ field, before, after }) => `${field === '' ? '' : `${field} `}${after ?? before ?? ''}`,
    );
    return [paint(`${head}${telling.length === 0 ? '' : `  ${telling.join(', ')}`}`)];
  }
  const lines = fields.map(({ field, before, after }) => {
    const from = before === undefined ? '(none)' : before;
    const to = after === undefined ? '(none)' : after;
    return `      ${field === '' ? '' : `${field}: `}${from === to ? `${from}, differs` : `${from} → ${to}`}`;
  });
  return [paint(head), ...lines];
}

function figuresText({ before, after, currency }: PlanReport): string {
  const rate = (value: number): string => `${figure(Number(value.toPrecision(3)))}/s`;
  const perDay = (value: number): string => `${bytes(value)}/day`;
  const money = (value: number | undefined): string =>
    value === undefined ? '-' : `${value.toFixed(2)} ${currency}/month`;
  const line = (title: string, of: (figures: Figures) => string): string[] => {
    const [was, is] = [of(before), of(after)];
    return [title, was, was === is ? 'the same' : is];
  };
  const rows = [
    line('measurement points', ({ points }) => count(points)),
    line('series, about', ({ series }) => count(Math.round(series))),
    ...(before.counted + after.counted === 0
      ? []
      : [
          line(
            '… counted, the others typical',
            ({ counted, points }) => `${count(counted)} of ${count(points)} points`,
          ),
        ]),
    line('samples, about', ({ samplesPerSecond }) => rate(samplesPerSecond)),
    line('requests to devices', ({ requestsPerSecond }) => rate(requestsPerSecond)),
    line('… to the one asked most', ({ busiest }) =>
      busiest === undefined ? '-' : `${busiest.device} ${rate(busiest.requestsPerSecond)}`,
    ),
    line('ping packets', ({ packetsPerSecond }) => rate(packetsPerSecond)),
    line('agents’ buffers', ({ agentBytesPerDay }) => perDay(agentBytesPerDay)),
    line('each store', ({ storeBytesPerDay }) => perDay(storeBytesPerDay)),
    ...(currency === '' ? [] : [line('cost', ({ costPerMonth }) => money(costPerMonth))]),
    ...agentRows(before, after),
  ];
  return table([{ title: '' }, { title: 'now', right: true }, { title: 'then', right: true }], rows);
}

/** Agents whose work changes. */
function agentRows(before: Figures, after: Figures): string[][] {
  const names = [...new Set([...before.agents, ...after.agents].map(({ agent }) => agent))].sort();
  return names.flatMap((name) => {
    const of = (figures: Figures): string => {
      const own = figures.agents.find(({ agent }) => agent === name);
      if (own === undefined) return '-';
      const requests = Number(own.requestsPerSecond.toPrecision(3));
      return `${count(own.devices)} devices, ${requests} requests/s`;
    };
    const [was, is] = [of(before), of(after)];
    return was === is ? [] : [[name, was, is]];
  });
}

function coverageText({ coverage }: PlanReport): string {
  const rows = coverage.map(({ site, kind, measured, known }) => [
    site,
    kind,
    `${measured} of ${known}`,
    known === 0 ? '-' : `${Math.floor((100 * measured) / known)} %`,
  ]);
  return table(
    [{ title: 'site' }, { title: 'kind' }, { title: 'measured', right: true }, { title: '', right: true }],
    rows,
  );
}
