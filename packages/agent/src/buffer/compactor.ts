/**
 * Packs the buffer's hours that are over, one after the other, each minute one at most; see compaction.ts. Sending what the
 * centre lacks comes first: packing waits for it, but not for more than an hour.
 */
import { repeat, type Log, type Metrics, type RepeatedPart } from '@kaiku/core';
import type { AgentBuffer } from './agent-buffer.ts';

const EVERY_MS = 60_000;
const MOST_DEFERRED = 60;

export interface CompactorOptions {
  readonly buffer: Pick<AgentBuffer, 'compact' | 'endCompaction'>;
  /** Something more urgent is under way. */
  readonly busy: () => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function createCompactor({ buffer, busy, log, metrics }: CompactorOptions): RepeatedPart {
  metrics.add('packedBatches', 0);
  let deferred = 0;
  const run = async (): Promise<void> => {
    if (busy() && deferred < MOST_DEFERRED) {
      deferred += 1;
      return;
    }
    deferred = 0;
    try {
      const done = await buffer.compact();
      if (done === undefined) return;
      metrics.add('packedBatches', done.batches);
      log.debug(done, 'an hour of the buffer was packed');
    } catch (error) {
      log.warn({ err: error }, 'an hour of the buffer could not be packed and stays as it is');
    }
  };
  const part = repeat({ name: 'compactor', everyMs: EVERY_MS, run, log });
  return {
    ...part,
    stop: async () => {
      await buffer.endCompaction();
      await part.stop();
    },
  };
}
