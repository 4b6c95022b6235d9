/** Packs the buffer's hours that are over, one after the other, each minute one at most; see compaction.ts. */
import { repeat, type Log, type Metrics, type RepeatedPart } from '@kaiku/core';
import type { AgentBuffer } from './agent-buffer.ts';

const EVERY_MS = 60_000;

export interface CompactorOptions {
  readonly buffer: Pick<AgentBuffer, 'compact' | 'endCompaction'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function createCompactor({ buffer, log, metrics }: CompactorOptions): RepeatedPart {
  metrics.add('packedBatches', 0);
  const run = async (): Promise<void> => {
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
