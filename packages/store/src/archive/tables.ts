/** Which tables an archive holds, how a day of each is found, and how a large day is cut into parts. Pure. */
import { BATCH_TABLES, type BatchTable } from '@kaiku/protocol';

export interface ArchiveTable {
  readonly table: string;
  /** Column that says which day a row belongs to; undefined for a table without days. */
  readonly time?: string;
  readonly columns: readonly string[];
  /** Columns kept as a dictionary in the store, read out as plain text: any later version can read that. */
  readonly texts?: readonly string[];
  /** How parts are cut: by ranges of the series id (first in the key), or by a hash of these columns. */
  readonly cut: 'series' | readonly string[];
  /** Rows of one part: some 40 MB of Native. */
  readonly partRows: number;
  /** Only rows with this. */
  readonly where?: string;
}

const wire = (table: BatchTable): readonly string[] => BATCH_TABLES[table].map(({ name }) => name);
const batch = (table: BatchTable): Pick<ArchiveTable, 'table' | 'columns'> => ({ table, columns: wire(table) });
const MILLION = 1_000_000;

const GAUGE_ROLLUP = [
  'series',
  'bucket',
  'agent',
  'samples',
  'failed',
  'value_sum',
  'value_min',
  'value_max',
  'revision',
];
const COUNTER_ROLLUP = [
  'series',
  'bucket',
  'agent',
  'delta',
  'covered_ms',
  'rate_min',
  'rate_max',
  'resets',
  'revision',
];
const LEDGER = {
  table: 'ledger',
  time: 'last',
  columns: ['agent', 'epoch', 'seq', 'sha256', 'rows', 'first', 'last', 'sealed', 'inserted', 'hours', 'hour_rows'],
  texts: ['agent'],
  cut: ['agent', 'epoch', 'seq'],
  partRows: 200_000,
} as const;

const rollup = (table: string, columns: readonly string[]): ArchiveTable => ({
  table,
  time: 'bucket',
  columns,
  cut: 'series',
  partRows: MILLION / 2,
});

/** Meanings of series ids: no days, one row a series. */
export const SERIES_TABLE: ArchiveTable = { ...batch('series'), cut: 'series', partRows: MILLION / 4 };

/** Batches by the day of their newest sample; those that began on an earlier day are kept apart. */
export const LEDGER_TABLES = {
  ledger: { ...LEDGER, where: 'toDate(first) = toDate(last)' },
  ledger_spanning: { ...LEDGER, where: 'toDate(first) != toDate(last)' },
} as const satisfies Record<string, ArchiveTable>;

/** What belongs to a day besides its ledger, in the order of restoring. */
export const DAY_TABLES: Readonly<Record<string, ArchiveTable>> = {
  gauge: { ...batch('gauge'), time: 'ts', cut: 'series', partRows: MILLION },
  counter: { ...batch('counter'), time: 'ts', cut: 'series', partRows: MILLION },
  fact: { ...batch('fact'), time: 'ts', cut: ['entity', 'name', 'instance'], partRows: 200_000 },
  derived: { ...batch('derived'), time: 'ts', cut: 'series', partRows: MILLION / 2 },
  alarm_event: { ...batch('alarm_event'), time: 'ts', cut: ['alarm'], partRows: 100_000 },
  event: { ...batch('event'), time: 'ts', cut: ['agent', 'id'], partRows: 20_000 },
  gauge_5m: rollup('gauge_5m', GAUGE_ROLLUP),
  counter_5m: rollup('counter_5m', COUNTER_ROLLUP),
  gauge_1h: rollup('gauge_1h', GAUGE_ROLLUP),
  counter_1h: rollup('counter_1h', COUNTER_ROLLUP),
  quarantine: {
    table: 'quarantine',
    time: 'at',
    columns: ['agent', 'epoch', 'seq', 'reason', 'body_base64', 'at'],
    cut: ['agent', 'epoch', 'seq', 'reason'],
    // A body is 5.6 MB at most.
    partRows: 20,
  },
  gap: {
    table: 'gap',
    time: 'at',
    columns: ['agent', 'epoch', 'first_seq', 'last_seq', 'reason', 'at'],
    texts: ['agent', 'reason'],
    cut: ['agent', 'epoch', 'first_seq'],
    partRows: 200_000,
  },
};

/** What is selected of a table. */
export function selectSql({ columns, texts }: ArchiveTable): string {
  return columns
    .map((name) => (texts?.includes(name) === true ? `CAST(${name} AS String) AS ${name}` : name))
    .join(', ');
}

const IDS = 2n ** 64n;

/** Condition of part `part` of `parts`. Ids are hashes, so equal ranges hold equally many. */
export function partSql({ cut }: ArchiveTable, part: number, parts: number): string {
  if (parts === 1) return '1';
  if (cut !== 'series') return `cityHash64(${cut.join(', ')}) % ${parts} = ${part}`;
  const from = (IDS * BigInt(part)) / BigInt(parts);
  const to = (IDS * BigInt(part + 1)) / BigInt(parts);
  return part === parts - 1 ? `series >= ${from}` : `series >= ${from} AND series < ${to}`;
}

/** Condition of one day, `2026-11-22`. */
export function daySql({ time, where }: ArchiveTable, day: string): string {
  const more = where === undefined ? '' : ` AND ${where}`;
  if (time === undefined) return `1${more}`;
  const midnight = `toDateTime('${day} 00:00:00', 'UTC')`;
  return `${time} >= ${midnight} AND ${time} < ${midnight} + INTERVAL 1 DAY${more}`;
}
