/**
 * The base of every error Kaiku raises on purpose: a literal code (documented in docs/errors.md),
 * a message for people and, where the operator can act, a hint that says how.
 */
export interface KaikuErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
}

export abstract class KaikuError extends Error {
  abstract readonly code: string;
  readonly hint: string | undefined;

  constructor(message: string, options: KaikuErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** Something in a configuration file is wrong. `file` and `line` say where (line from 1; 0 is the whole file). */
export class ConfigError extends KaikuError {
  readonly code = 'CONFIG_INVALID';
  readonly file: string;
  readonly line: number;

  constructor(message: string, where: { file: string; line: number }, options: KaikuErrorOptions = {}) {
    super(message, options);
    this.file = where.file;
    this.line = where.line;
  }
}

/** The broker refused or did not answer. `retryable` is decided in one place: broker/failure.ts. */
export class BrokerError extends KaikuError {
  readonly code = 'BROKER_FAILED';
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean, options: KaikuErrorOptions = {}) {
    super(message, options);
    this.retryable = retryable;
  }
}

/** A compare-and-swap lost: somebody else wrote first. */
export class ConflictError extends KaikuError {
  readonly code = 'BROKER_CONFLICT';
}

/** Why a sealed text could not be opened; `request`: it could not be made. */
export type SealReason = 'request' | 'version' | 'damaged' | 'not-for-me' | 'wrong-key';

/** A secret could not be sealed or opened. */
export class SealError extends KaikuError {
  readonly code = 'SEAL_FAILED';
  readonly reason: SealReason;

  constructor(message: string, { reason = 'request', ...options }: KaikuErrorOptions & { reason?: SealReason } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** One line for people: message, place and hint. */
export function describeError(error: unknown): string {
  if (error instanceof ConfigError) {
    const place = error.line > 0 ? `${error.file}:${error.line}` : error.file;
    return `${place}: ${error.message}${error.hint === undefined ? '' : `\n  hint: ${error.hint}`}`;
  }
  if (error instanceof KaikuError)
    return `${error.message}${error.hint === undefined ? '' : `\n  hint: ${error.hint}`}`;
  return error instanceof Error ? error.message : String(error);
}
