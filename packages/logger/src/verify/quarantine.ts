/**
 * Where refused batches go: into the store with reason and bytes, then the stream goes on, whatever
 * happens here. What a faulty or hostile sender can make the store keep is bounded, for each agent and
 * for all: beyond BYTES_PER_HOUR rows are written without their bytes, beyond ROWS_PER_HOUR an agent's
 * rows are only counted. The same bytes are kept once, different ones each: the store tells rows apart by key and reason, so the
 * reason names the bytes. The store keeps quarantined rows for a time of its own.
 */
import { createHash } from 'node:crypto';
import type { Log, Metrics } from '@kaiku/core';
import { isPermanent } from '../errors.ts';
import type { LoggerStore } from '../logger-store.ts';
import { patiently, type Patience } from '../insert/patience.ts';
import type { Refused } from './verify-batch.ts';

const HOUR_MS = 3_600_000;
const BYTES_PER_HOUR = { all: 256 * 1024 * 1024, agent: 32 * 1024 * 1024 } as const;
const ROWS_PER_HOUR = 1000;
const REASON_LENGTH = 500;
/** Hex digits of the bytes' SHA-256: chance makes two the same once in billions. */
const DIGEST_LENGTH = 16;
/** Hashes of what is in quarantine already. */
const REMEMBERED = 10_000;

/** What is said of a batch that is not stored. Without bytes where nobody has them here. */
export type Verdict = Pick<Refused, 'agent' | 'epoch' | 'seq' | 'reason'>;
export type Quarantine = (refused: Verdict, bytes: Uint8Array) => Promise<void>;

/** What was used of the limits in the running hour. */
function createAllowance(): (agent: string, bytes: number, nowMs: number) => 'bytes' | 'row' | 'none' {
  let hour = 0;
  let all = 0;
  const agents = new Map<string, { rows: number; bytes: number }>();
  return (agent, bytes, nowMs) => {
    const thisHour = Math.floor(nowMs / HOUR_MS);
    if (thisHour !== hour) {
      hour = thisHour;
      all = 0;
      agents.clear();
    }
    const used = agents.get(agent) ?? { rows: 0, bytes: 0 };
    agents.set(agent, used);
    if (used.rows >= ROWS_PER_HOUR) return 'none';
    used.rows += 1;
    if (used.bytes + bytes > BYTES_PER_HOUR.agent || all + bytes > BYTES_PER_HOUR.all) return 'row';
    used.bytes += bytes;
    all += bytes;
    return 'bytes';
  };
}

export function createQuarantine(store: LoggerStore, patience: Patience, metrics: Metrics, log: Log): Quarantine {
  const allowance = createAllowance();
  const kept = new Set<string>();
  metrics.add('quarantined', 0);
  metrics.add('quarantineDropped', 0);

  /** A store that refuses even this row for good must not stop the stream: without bytes, else not at all. */
  const write = async (row: Verdict & { bytes: Uint8Array }, atMs: number): Promise<void> => {
    try {
      await patiently(patience, 'quarantine', () => store.ledger.quarantine(row, atMs));
    } catch (error) {
      if (!isPermanent(error)) throw error;
      if (row.bytes.length > 0) {
        await write({ ...row, bytes: new Uint8Array() }, atMs);
        return;
      }
      metrics.add('quarantineDropped');
      log.error({ err: error, agent: row.agent, reason: row.reason }, 'not even quarantine takes a refused batch');
    }
  };

  return async ({ agent, epoch, seq, reason }, bytes) => {
    metrics.add('quarantined');
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, DIGEST_LENGTH);
    const key = `${agent} ${epoch} ${seq} ${digest}`;
    if (kept.has(key)) return;
    const atMs = Date.now();
    const allowed = allowance(agent, bytes.length, atMs);
    if (allowed === 'none') {
      metrics.add('quarantineDropped');
      return;
    }
    log.error({ agent, epoch, seq, reason, bytes: bytes.length }, 'batch refused and put into quarantine');
    const row = { agent, epoch, seq, reason: `${reason.slice(0, REASON_LENGTH)} (bytes ${digest})` };
    await write({ ...row, bytes: allowed === 'bytes' ? bytes : new Uint8Array() }, atMs);
    if (kept.size >= REMEMBERED) kept.clear();
    kept.add(key);
  };
}
