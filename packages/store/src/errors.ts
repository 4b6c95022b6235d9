/** Errors of the store. `retryable` and `kind` are decided in client/failure.ts and nowhere else. */
import { KaikuError, type KaikuErrorOptions } from '@kaiku/core';

/**
 * What a failure means to the caller.
 * - `unreachable`: no answer: the server is away, the way is cut, or the deadline passed.
 * - `busy`: the server is there but cannot now: queue full, out of memory, disk full, too many parts.
 * - `schema`: tables are missing: a new or emptied store. Migrate, read its ledger anew, try again.
 * - `refused`: the statement or the data is wrong; the same again fails the same way.
 */
export type StoreFailureKind = 'unreachable' | 'busy' | 'schema' | 'refused';

export interface StoreErrorDetails {
  readonly kind: StoreFailureKind;
  /** ClickHouse's error number; 0 when the failure is not the engine's. */
  readonly engineCode: number;
}

export class StoreError extends KaikuError {
  readonly code = 'STORE_FAILED';
  readonly kind: StoreFailureKind;
  readonly engineCode: number;

  constructor(message: string, { kind, engineCode }: StoreErrorDetails, options: KaikuErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.engineCode = engineCode;
  }

  get retryable(): boolean {
    return this.kind !== 'refused';
  }
}

/** The embedded server cannot start: data folder in use, port taken, engine missing. */
export class StoreStartError extends KaikuError {
  readonly code = 'STORE_START_FAILED';
}
