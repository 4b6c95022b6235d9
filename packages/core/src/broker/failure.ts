/** The one place that decides what a broker's failure means: missing, conflict, retryable or permanent. */
import { JetStreamApiError } from '@nats-io/jetstream';
import { BrokerError, ConflictError } from '../errors.ts';

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const WRONG_LAST_SEQUENCE = 10071;
const INSUFFICIENT_STORAGE = 10047;

function apiCode(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** A stream or consumer that does not exist (yet, or any more). */
export function isMissing(error: unknown): boolean {
  const code = apiCode(error);
  if (code === STREAM_NOT_FOUND || code === CONSUMER_NOT_FOUND) return true;
  return error instanceof Error && /(?:stream|consumer) (?:not found|deleted)/i.test(error.message);
}

/** Nothing listens on a stream's subject: the stream is gone, or the server has only just begun to start. */
export function isUnheard(error: unknown): boolean {
  return error instanceof Error && /no responders|jetstream is not enabled/i.test(error.message);
}

/** The server has not as much room as a stream would reserve. */
export function isTooMuch(error: unknown): boolean {
  return apiCode(error) === INSUFFICIENT_STORAGE;
}

function isConflict(error: unknown): boolean {
  return apiCode(error) === WRONG_LAST_SEQUENCE;
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/permissions violation/i, 'this key has no right to it: see `kaiku keys`'],
  [/insufficient (?:resources|storage)|no space/i, 'the disk of nats-server is full, or its limit too small'],
];

/**
 * Only what is too large stays too large; everything else is worth another try: full disks are emptied,
 * and rights are granted.
 */
export function asBrokerError(error: unknown, what: string): BrokerError | ConflictError {
  if (error instanceof BrokerError || error instanceof ConflictError) return error;
  if (isConflict(error)) return new ConflictError(`${what}: somebody else wrote first`, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  const permanent = /maximum payload|max_payload|message size exceeds/i.test(message);
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  return new BrokerError(`${what}: ${message}`, !permanent, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
