/**
 * What each table must be set to: durability, limits, and how long its rows are kept. Looked at by every
 * `migrate`, changed where it differs, and read back: a store that does not sync what it acknowledges is
 * refused, not trusted.
 */
import type { Retention } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { StoreError } from '../errors.ts';

const TIMEOUT_MS = 60_000;
const REFUSED = { kind: 'refused', engineCode: 0 } as const;

/** An acknowledged insert survives a power cut. Broken parts never keep a store from starting: the audit repairs them. */
const EVERY_TABLE = {
  fsync_after_insert: '1',
  fsync_part_directory: '1',
  max_suspicious_broken_parts: '10000',
  max_suspicious_broken_parts_bytes: '1099511627776',
} as const;

/**
 * Inserts wait from the first number of parts on and are refused (retryable) from the second. A day that
 * nobody wrote to for two hours is merged into one part: smallest on disk, and read without merging.
 */
const SAMPLES = {
  parts_to_delay_insert: '1000',
  parts_to_throw_insert: '3000',
  min_age_to_force_merge_seconds: '7200',
  min_age_to_force_merge_on_partition_only: '1',
} as const;

interface TableRule {
  readonly settings?: Readonly<Record<string, string>>;
  /** Column that says how old a row is, and its days. */
  readonly ttl?: { readonly by: string; readonly days: (retention: Retention) => number };
}

/** The ledger outlives the samples: what was dropped by age must not look like something that is missing. */
const LEDGER_EXTRA_DAYS = 100;

const raw = ({ rawDays }: Retention): number => rawDays;
const ledger = ({ rawDays }: Retention): number => rawDays + LEDGER_EXTRA_DAYS;
const fiveMinute = ({ fiveMinuteDays }: Retention): number => fiveMinuteDays;
const hour = ({ hourDays }: Retention): number => hourDays;

const TABLES: Readonly<Record<string, TableRule>> = {
  gauge: { settings: SAMPLES, ttl: { by: 'toDateTime(ts)', days: raw } },
  counter: { settings: SAMPLES, ttl: { by: 'toDateTime(ts)', days: raw } },
  quarantine: { ttl: { by: 'toDateTime(at)', days: raw } },
  ledger: { ttl: { by: 'toDateTime(inserted)', days: ledger } },
  gap: { ttl: { by: 'toDateTime(at)', days: ledger } },
  gauge_5m: { ttl: { by: 'bucket', days: fiveMinute } },
  counter_5m: { ttl: { by: 'bucket', days: fiveMinute } },
  gauge_1h: { ttl: { by: 'bucket', days: hour } },
  counter_1h: { ttl: { by: 'bucket', days: hour } },
  series: {},
  fact: {},
  derived: {},
  alarm_event: {},
  event: { ttl: { by: 'toDateTime(ts)', days: raw } },
  refine_state: {},
};

interface Actual {
  readonly settings: ReadonlyMap<string, string>;
  readonly ttlDays: number | undefined;
}

/** Settings and days out of `system.tables.engine_full`. Pure. */
export function parseEngine(engineFull: string): Actual {
  const text = engineFull.split(' SETTINGS ')[1] ?? '';
  const settings = new Map(
    [...text.matchAll(/(\w+) = '?([^,']+)'?/g)].map(([, name, value]) => [name ?? '', value ?? '']),
  );
  const days = /TTL .*toIntervalDay\((\d+)\)/.exec(engineFull)?.[1];
  return { settings, ttlDays: days === undefined ? undefined : Number(days) };
}

/** Statements that bring one table to its rule. Pure. */
export function changesFor(table: string, actual: Actual, retention: Retention | undefined): readonly string[] {
  const rule = TABLES[table];
  if (rule === undefined) return [];
  const different = Object.entries({ ...EVERY_TABLE, ...rule.settings }).filter(
    ([name, value]) => actual.settings.get(name) !== value,
  );
  const out: string[] = [];
  if (different.length > 0) {
    const list = different.map(([name, value]) => `${name} = ${value}`).join(', ');
    out.push(`ALTER TABLE ${table} MODIFY SETTING ${list}`);
  }
  if (retention !== undefined && rule.ttl !== undefined && actual.ttlDays !== rule.ttl.days(retention)) {
    out.push(`ALTER TABLE ${table} MODIFY TTL ${rule.ttl.by} + INTERVAL ${rule.ttl.days(retention)} DAY`);
  }
  return out;
}

async function readTables(clickhouse: ClickHouse): Promise<ReadonlyMap<string, Actual>> {
  const rows = await clickhouse.rows<{ name: string; engine_full: string }>(
    'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()',
  );
  return new Map(rows.map(({ name, engine_full }) => [name, parseEngine(engine_full)]));
}

/** @param retention days to keep; undefined leaves them as they are. @throws StoreError when a setting does not hold */
export async function applyTableSettings(clickhouse: ClickHouse, retention: Retention | undefined): Promise<void> {
  let changed = false;
  for (const [table, actual] of await readTables(clickhouse)) {
    for (const sql of changesFor(table, actual, retention)) {
      await clickhouse.command(sql, { timeoutMs: TIMEOUT_MS });
      changed = true;
    }
  }
  if (!changed) return;
  for (const [table, actual] of await readTables(clickhouse)) {
    const [left] = changesFor(table, actual, retention);
    if (left === undefined) continue;
    throw new StoreError(`${clickhouse.name}: table ${table} does not keep its settings`, REFUSED, {
      hint: `run it by hand and see what the engine says: ${left}`,
    });
  }
}
