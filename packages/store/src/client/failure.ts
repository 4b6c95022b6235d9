/** The one place that decides what a store's failure means: unreachable, busy, schema missing, or refused. */
import { ClickHouseError } from '@clickhouse/client';
import { StoreError, type StoreFailureKind } from '../errors.ts';

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;
const MEMORY_LIMIT = 241;
const TOO_MANY_PARTS = 252;

/** ClickHouse's numbers of failures that pass: time-outs, full queues, memory, disk, too many parts, stopping. */
const PASSING = new Set([
  3, // unexpected end of file: the connection broke inside a body
  74, // cannot read from file descriptor
  75, // cannot write to file descriptor
  76, // cannot open file
  159, // timeout exceeded
  160, // too slow
  173, // cannot allocate memory
  202, // too many simultaneous queries
  203, // no free connection
  209, // socket timeout
  210, // network error
  236, // aborted
  241, // memory limit exceeded
  242, // table is read only
  243, // not enough space
  252, // too many parts
  319, // unknown status of insert
  394, // query was cancelled
  439, // cannot schedule task
  999, // keeper exception
]);

/** The engine words a full disk in several ways, by where it met it. */
const DISK_FULL = /no space left|not enough space|enough free space|disk quota exceeded/i;

function engineKind(code: number, message: string): StoreFailureKind {
  if (code === UNKNOWN_TABLE || code === UNKNOWN_DATABASE) return 'schema';
  return PASSING.has(code) || DISK_FULL.test(message) ? 'busy' : 'refused';
}

/** What the operator of the store can do. */
function hintFor(code: number, message: string): { readonly hint?: string } {
  if (DISK_FULL.test(message)) {
    return { hint: 'free space on the disk of this store, or keep fewer days (retention); nothing is lost meanwhile' };
  }
  if (code === TOO_MANY_PARTS) return { hint: 'its merges are behind: its disk is too slow or the machine too busy' };
  if (code === MEMORY_LIMIT) return { hint: 'raise memoryLimitMb of this store, or ask for less at once' };
  return {};
}

/** True for a connection that ended under the request: an idle one that the server closed, or a dead server. */
export function isReset(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ECONNRESET' || code === 'EPIPE';
}

export function asStoreError(error: unknown, store: string, what: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const place = `${store}: ${what}`;
  if (error instanceof ClickHouseError) {
    const engineCode = Number(error.code) || 0;
    return new StoreError(
      `${place}: ${message} (${error.type ?? engineCode})`,
      { kind: engineKind(engineCode, message), engineCode },
      { ...hintFor(engineCode, message), cause: error },
    );
  }
  return new StoreError(`${place}: ${message}`, { kind: 'unreachable', engineCode: 0 }, { cause: error });
}
