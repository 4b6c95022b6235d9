/**
 * Where refused batches go: into the store with reason and bytes, then the stream goes on. What a
 * faulty or hostile sender can make the store keep is bounded: beyond BYTES_PER_HOUR the rows are
 * written without their bytes. The store keeps quarantined rows for a time of its own.
 */
import type { Log, Metrics } from '@kaiku/core';
import type { LoggerStore } from '../logger-store.ts';
import { patiently, type Patience } from '../insert/patience.ts';
import type { Refused } from './verify-batch.ts';

const BYTES_PER_HOUR = 256 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const REASON_LENGTH = 500;

export type Quarantine = (refused: Omit<Refused, 'kind'>, bytes: Uint8Array) => Promise<void>;

export function createQuarantine(store: LoggerStore, patience: Patience, metrics: Metrics, log: Log): Quarantine {
  let hour = 0;
  let used = 0;
  metrics.add('quarantined', 0);
  return async ({ agent, epoch, seq, reason }, bytes) => {
    const atMs = Date.now();
    const thisHour = Math.floor(atMs / HOUR_MS);
    if (thisHour !== hour) {
      hour = thisHour;
      used = 0;
    }
    const kept = used + bytes.length <= BYTES_PER_HOUR ? bytes : new Uint8Array();
    used += kept.length;
    metrics.add('quarantined');
    log.error({ agent, epoch, seq, reason, bytes: bytes.length }, 'batch refused and put into quarantine');
    const row = { agent, epoch, seq, reason: reason.slice(0, REASON_LENGTH), bytes: kept };
    await patiently(patience, 'quarantine', () => store.ledger.quarantine(row, atMs));
  };
}
