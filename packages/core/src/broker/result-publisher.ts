/**
 * Publishes what a central process works out (derived values, alarm events, people's acts) the way
 * samples travel: sealed batches in the data stream, so that every logger's ledger knows them.
 *
 * There is no buffer on disk: what is lost with the process is worked out again. So each start is a new
 * epoch. Batches wait in a bounded queue while the broker is away and leave in order; when the queue is
 * full `publish` waits, which is the back-pressure.
 */
import { sealBatch, subjects, type SealedBatch, type TableRows } from '@kaiku/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../run/lifecycle.ts';
import type { Log } from '../run/log.ts';
import type { Broker } from './broker.ts';
import { asBrokerError } from './failure.ts';

const QUEUE_BATCHES = 256;
const RETRY_MS = 500;

export interface ResultPublisher extends Part {
  /** Queues one batch; resolves when the broker has it. Rejects on stop or when it is refused for good. */
  publish(tables: readonly TableRows[], firstMs: number, lastMs: number): Promise<void>;
  readonly waiting: number;
}

interface Waiting {
  readonly batch: SealedBatch;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

export function resultPublisher(broker: Broker, name: string, log: Log): ResultPublisher {
  const epoch = Date.now();
  const queue: Waiting[] = [];
  const room: (() => void)[] = [];
  const abort = new AbortController();
  let seq = 0;
  let draining: Promise<void> | undefined;

  const send = async (head: Waiting): Promise<void> => {
    for (;;) {
      try {
        await broker.publishStored(subjects.data(name), head.batch.bytes);
        head.done();
        return;
      } catch (error) {
        const failure = asBrokerError(error, 'publish results');
        if (abort.signal.aborted || !('retryable' in failure && failure.retryable)) {
          head.fail(failure);
          return;
        }
        log.debug({ err: failure }, 'results wait for the broker');
        await sleep(RETRY_MS);
      }
    }
  };
  const drain = async (): Promise<void> => {
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      await send(head);
      queue.shift();
      room.shift()?.();
    }
    draining = undefined;
  };

  return {
    name: 'result publisher',
    get waiting() {
      return queue.length;
    },
    start: () => Promise.resolve(),
    publish: async (tables, firstMs, lastMs) => {
      while (queue.length >= QUEUE_BATCHES) await new Promise<void>((free) => room.push(free));
      seq += 1;
      const batch = sealBatch(
        {
          agent: name,
          epoch,
          seq,
          firstMs,
          lastMs,
          sealedMs: Date.now(),
          missedSlots: 0,
          clock: { offsetMs: null, monotonicMs: performance.now() },
        },
        tables,
      );
      const sent = new Promise<void>((done, fail) => queue.push({ batch, done, fail }));
      draining ??= drain();
      await sent;
    },
    stop: async () => {
      abort.abort();
      await draining;
    },
  };
}
