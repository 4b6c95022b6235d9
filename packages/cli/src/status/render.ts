/** A status report as text. Pure. */
import type { Style } from '../terminal/style.ts';
import { bytes, count, duration, utc } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import type { PartStatus, StatusReport, StoreStatus } from './report.ts';

export function renderStatus(report: StatusReport, paint: Style): string {
  const blocks = [
    `${paint.bold(report.installation)}  ${paint.dim(utc(report.atMs))}`,
    `${mark(report.brokerProblem === undefined, paint)} broker ${report.brokerProblem ?? 'answers'}`,
    renderParts(report, paint),
    renderStores(report.stores, paint),
    renderComparison(report, paint),
    renderAlarms(report, paint),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const mark = (good: boolean, paint: Style): string => (good ? paint.green('✓') : paint.red('✗'));

function renderParts({ parts, atMs, brokerProblem }: StatusReport, paint: Style): string {
  const rows = parts.map((part) => {
    const { report } = part;
    if (part.held) {
      const how = `held: kaiku part release ${part.name} gives it back`;
      return [paint.yellow('‖'), `${part.role}/${part.name}`, '-', '-', '-', how];
    }
    if (report === undefined) {
      const why =
        brokerProblem === undefined ? 'silent: no report within 2.5 s' : 'unknown: the broker does not answer';
      return [paint.red('✗'), `${part.role}/${part.name}`, '-', '-', '-', why];
    }
    const note = report.note === '' ? figureText(part) : `${report.note}  ${figureText(part)}`;
    return [
      report.ready ? paint.green('✓') : paint.yellow('!'),
      `${part.role}/${part.name}${part.configured ? '' : ' (not in this file)'}`,
      String(report.pid),
      duration(atMs - report.startedMs),
      bytes(report.figures['rssBytes'] ?? Number.NaN),
      note,
    ];
  });
  return table(
    [
      { title: '' },
      { title: 'part' },
      { title: 'process', right: true },
      { title: 'age', right: true },
      { title: 'memory', right: true },
      { title: 'state' },
    ],
    rows,
    '',
  );
}

/** Figures that matter most for a role come first; their names carry the unit. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  logger: ['lagLive', 'lagBacklog', 'lagReplay', 'gapBatches', 'lostBatches', 'auditAgeMs', 'quarantined'],
  agent: ['backlogBatches', 'unackedBatches', 'lostBatches', 'clockOffsetMs', 'bufferDays', 'bufferDaysLeft'],
  store: ['queries', 'inserts', 'diskBytes'],
  analyzer: ['partitions', 'partitionsHeld', 'activeAlarms'],
  web: ['sessions', 'requests', 'streams'],
};
const SHOWN = 7;

function figureText({ role, report }: PartStatus): string {
  const figures = report?.figures ?? {};
  const first = (FIRST[role] ?? []).filter((name) => figures[name] !== undefined);
  const rest = Object.keys(figures).filter((name) => name !== 'rssBytes' && !first.includes(name));
  return [...first, ...rest]
    .slice(0, SHOWN)
    .map((name) => figureOf(name, figures[name] ?? Number.NaN))
    .join(', ');
}

/** `lagMs` 1200 → `lag 1.2 s`; `insertedRows` → `inserted rows 12 000`. */
export function figureOf(name: string, value: number): string {
  const words = (text: string): string => text.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  if (name.endsWith('Ms')) return `${words(name.slice(0, -2))} ${duration(value)}`;
  if (name.endsWith('Bytes')) return `${words(name.slice(0, -5))} ${bytes(value)}`;
  return `${words(name)} ${count(Number.isInteger(value) ? value : Number(value.toFixed(2)))}`;
}

function renderStores(stores: readonly StoreStatus[], paint: Style): string {
  if (stores.length === 0) return '';
  const names = [...new Set(stores.flatMap((store) => store.tables.map(({ table: name }) => name)))];
  const rows = stores.map((store) => {
    if (store.problem !== undefined) return [paint.red('✗'), store.name, paint.red(store.problem)];
    const size = store.tables.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0);
    const cells = names.map((name) => count(store.tables.find((each) => each.table === name)?.rows ?? 0));
    return [paint.green('✓'), store.name, bytes(size), ...cells];
  });
  return table(
    [
      { title: '' },
      { title: 'store' },
      { title: 'on disk', right: true },
      ...names.map((title) => ({ title, right: true })),
    ],
    rows,
    '',
  );
}

const DIFFERENCES_SHOWN = 12;

function renderComparison({ comparison, stores }: StatusReport, paint: Style): string {
  const { state, differences, behind } = comparison;
  const lines = [...differences, ...behind];
  const more = lines.length - DIFFERENCES_SHOWN;
  const list = [
    ...lines.slice(0, DIFFERENCES_SHOWN).map((line) => `    ${line}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
  switch (state) {
    case 'unknown':
      return stores.length < 2 ? '' : `${paint.yellow('!')} too few stores answer to compare them`;
    case 'equal': {
      const batches = stores[0]?.ledger.reduce((sum, row) => sum + row.batches, 0) ?? 0;
      return `${paint.green('✓')} all stores hold the same ${count(batches)} batches and the same rows`;
    }
    case 'behind':
      return [`${paint.green('✓')} the stores hold the same, but for batches just on their way:`, ...list].join('\n');
    case 'differ':
      return [`${paint.yellow('!')} the stores differ:`, ...list].join('\n');
    default:
      return state satisfies never;
  }
}

const SEVERITY_MARK: Readonly<Record<string, string>> = { critical: '◆', major: '▲', minor: '●' };

function renderAlarms({ alarms, atMs }: StatusReport, paint: Style): string {
  if (alarms === undefined) return '';
  if (alarms.length === 0) return `${paint.green('✓')} no active alarms`;
  const rows = alarms.map(({ severity, entity, instance, message, sinceMs }) => [
    `${SEVERITY_MARK[severity] ?? '?'} ${severity}`,
    instance === '' ? entity : `${entity} ${instance}`,
    duration(atMs - sinceMs),
    message,
  ]);
  return table(
    [{ title: 'active alarms' }, { title: 'where' }, { title: 'since', right: true }, { title: 'what' }],
    rows,
    '',
  );
}
