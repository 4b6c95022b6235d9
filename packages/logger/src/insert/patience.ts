/**
 * Tries again until the store takes it: back-off doubling from 100 ms to 5 s, ended by `signal`.
 * Permanent failures and missing tables go to the caller at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@kaiku/core';
import { isEmptied, isPermanent, LoggerStoppingError } from '../errors.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export interface Patience {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told true and why when a first try fails, and false when a later one succeeds. */
  readonly onTrouble: (troubled: boolean, error?: unknown) => void;
}

/** @throws the store's error when permanent or its tables are missing, LoggerStoppingError when `signal` ended the wait */
export async function patiently<T>(
  { signal, log, onTrouble }: Patience,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS, tries = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS), tries += 1) {
    try {
      const result = await run();
      if (tries > 1) {
        log.info({ what, tries }, 'the store takes it again');
        onTrouble(false);
      }
      return result;
    } catch (error) {
      if (isPermanent(error) || isEmptied(error)) {
        if (tries > 1) onTrouble(false);
        throw error;
      }
      if (tries === 1) {
        log.warn({ what, err: error }, 'the store did not take it; trying again');
        onTrouble(true, error);
      }
      try {
        await sleep(pauseMs, undefined, { signal });
      } catch {
        throw new LoggerStoppingError(`${what}: given up because the logger stops`, { cause: error });
      }
    }
  }
}
