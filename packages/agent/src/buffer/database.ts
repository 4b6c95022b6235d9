/**
 * How the buffer opens SQLite: WAL, synchronous set explicitly (the binding's WAL default is NORMAL), the
 * version asserted. The one place that knows SQLite's error codes.
 */
import Database from 'better-sqlite3';
import { BufferError } from '../errors.ts';

/** Below this a WAL reset can corrupt the file (fixed in SQLite 3.51.3). */
const LEAST_VERSION = [3, 51, 3] as const;

export type Db = Database.Database;
export type Synchronous = 'FULL' | 'NORMAL';

export function openDatabase(file: string, synchronous: Synchronous, exclusive = false): Db {
  const db = new Database(file, { timeout: 2000 });
  try {
    if (exclusive) db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    setSynchronous(db, synchronous);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function setSynchronous(db: Db, synchronous: Synchronous): void {
  db.pragma(`synchronous = ${synchronous}`);
}

/** @throws BufferError when the bundled SQLite is too old to be trusted with WAL */
export function assertSqliteVersion(): void {
  const db = new Database(':memory:');
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
  db.close();
  if (versionAtLeast(version, LEAST_VERSION)) return;
  throw new BufferError(`SQLite ${version} can corrupt a WAL file; ${LEAST_VERSION.join('.')} is the least`, {
    hint: 'reinstall the dependencies: ./kaiku doctor',
  });
}

export function versionAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** The file's content cannot be trusted any more. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(?:CORRUPT|NOTADB|FORMAT|IOERR_SHORT_READ)/.test(sqliteCode(error));
}

export function isFull(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_FULL';
}

export function isLocked(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(sqliteCode(error));
}
