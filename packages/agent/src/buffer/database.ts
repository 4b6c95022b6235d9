/**
 * How the buffer opens SQLite: WAL, synchronous set explicitly (the binding's WAL default is NORMAL), the
 * version asserted. The one place that knows SQLite's error codes.
 */
import { statfsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { BufferError } from '../errors.ts';

/** Below this a WAL reset can corrupt the file (fixed in SQLite 3.51.3). */
const LEAST_VERSION = [3, 51, 3] as const;

export type Db = Database.Database;
export type Synchronous = 'FULL' | 'NORMAL';

/** What the buffer asks of the disk beside SQLite. Tests put one in its place that is full or fails. */
export interface Disk {
  /** Bytes of the whole file system. */
  totalBytes(dir: string): number;
  /** Bytes still free for us. */
  freeBytes(dir: string): number;
  /** Called before each write; throws what SQLite would. */
  beforeWrite(what: 'state' | 'day'): void;
}

export const REAL_DISK: Disk = {
  totalBytes: (dir) => {
    const { blocks, bsize } = statfsSync(dir);
    return blocks * bsize;
  },
  freeBytes: (dir) => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  },
  beforeWrite: () => undefined,
};

export function openDatabase(file: string, synchronous: Synchronous, exclusive = false): Db {
  const db = new Database(file, { timeout: 2000 });
  try {
    if (exclusive) db.pragma('locking_mode = EXCLUSIVE');
    // Whatever the disk: carve.ts counts on it.
    db.pragma('page_size = 4096');
    // Of a new file: pages that are free can be given back in small steps.
    db.pragma('auto_vacuum = INCREMENTAL');
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

/** The disk failed to read, write or sync: whether what was being written is there is not known. */
export function isIoError(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_IOERR');
}

export function isLocked(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(sqliteCode(error));
}
