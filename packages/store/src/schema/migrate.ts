/**
 * Numbered migrations: `migrations/NNNN_name.sql`, applied in order, each recorded in table `migration`.
 * Every statement can be repeated (IF NOT EXISTS), so two loggers migrating one store at once both
 * succeed; a migration that was cut in its middle is simply run again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Retention } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { applyTableSettings } from './table-settings.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
/** DDL of a cluster, or of a disk that is busy, takes its time. */
const TIMEOUT_MS = 60_000;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Statements of a file: separated by `;` at a line's end, comments removed. */
export function splitStatements(sql: string): readonly string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** All migrations there are, ascending. */
export function loadMigrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: splitStatements(readFileSync(join(FOLDER, file), 'utf8')),
    }));
}

/** Applies what is missing, then the settings and days of `retention`. @throws StoreError */
export async function migrate(clickhouse: ClickHouse, retention?: Retention): Promise<readonly number[]> {
  const applied = await applyMissing(clickhouse);
  await applyTableSettings(clickhouse, retention);
  return applied;
}

async function applyMissing(clickhouse: ClickHouse): Promise<readonly number[]> {
  const { database } = clickhouse;
  await clickhouse.command(`CREATE DATABASE IF NOT EXISTS ${database}`, { anywhere: true, timeoutMs: TIMEOUT_MS });
  await clickhouse.command(
    `CREATE TABLE IF NOT EXISTS migration (number UInt32, name String, applied DateTime64(3, 'UTC'))
     ENGINE = ReplacingMergeTree ORDER BY number`,
    { timeoutMs: TIMEOUT_MS },
  );
  const recorded = await clickhouse.rows<{ number: number }>('SELECT DISTINCT number FROM migration');
  const applied = new Set(recorded.map((row) => row.number));
  const missing = loadMigrations().filter((migration) => !applied.has(migration.number));
  if (missing.length === 0) return [];
  const codecs = await clickhouse.rows<{ name: string }>("SELECT name FROM system.codecs WHERE name = 'ALP'");
  const float = codecs.length > 0 ? 'ALP, ZSTD(1)' : 'ZSTD(1)';
  for (const { number, name, statements } of missing) {
    for (const statement of statements) {
      const settings = codecs.length > 0 ? { allow_experimental_codecs: 1 as const } : {};
      await clickhouse.command(statement.replaceAll('{FLOAT}', float), { settings, timeoutMs: TIMEOUT_MS });
    }
    await clickhouse.command(`INSERT INTO migration SELECT ${number}, '${name}', now64(3)`, { timeoutMs: TIMEOUT_MS });
  }
  return missing.map((migration) => migration.number);
}
