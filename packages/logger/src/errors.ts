/** Errors of the logger, and the one function that decides what a store's failure means to it. */
import { KaikuError } from '@kaiku/core';

/** A wait for the store was ended because the logger stops; nothing of the group is acknowledged. */
export class LoggerStoppingError extends KaikuError {
  readonly code = 'LOGGER_STOPPING';
}

/**
 * True only where the store itself says that the same thing would fail again. Anything not understood
 * is worth another try: giving up would put good data into quarantine.
 */
export function isPermanent(error: unknown): boolean {
  return error instanceof KaikuError && 'retryable' in error && error.retryable === false;
}

/** True when the store's tables are missing: it is new or was emptied, and the ledger in memory no longer holds. */
export function isEmptied(error: unknown): boolean {
  return error instanceof KaikuError && 'kind' in error && error.kind === 'schema';
}

/** ClickHouse's number for "too many parts": fewer, larger inserts help, more of them hurt. */
const TOO_MANY_PARTS = 252;

export function isCrowded(error: unknown): boolean {
  return error instanceof KaikuError && 'engineCode' in error && error.engineCode === TOO_MANY_PARTS;
}
