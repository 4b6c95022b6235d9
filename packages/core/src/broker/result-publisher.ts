/**
 * Publishes what a central process works out (derived values, alarm events, people's acts) the way
 * samples travel: sealed batches in the data stream, so that every logger's ledger knows them.
 *
 * There is no buffer on disk: what is lost with the process is worked out again. So each start is a new
 * epoch and a new instance. Batches wait in a bounded queue while the broker is away and leave in order; when the queue is
 * full `publish` waits, which is the back-pressure. What was published stays in memory for a while, and a logger that lacks
 * some of it is sent it again: see result-memory.ts and the responder.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ackMessageSchema, decode, sealBatch, subjects, type SealedBatch, type TableRows } from '@kaiku/protocol';
import type { BatchSource } from '../repair/batch-source.ts';
import { Pace } from '../repair/pace.ts';
import { createResponder } from '../repair/responder.ts';
import { ResultMemory } from '../repair/result-memory.ts';
import { Uplink } from '../repair/uplink.ts';
import type { Part } from '../run/lifecycle.ts';
import type { Log } from '../run/log.ts';
import type { Broker } from './broker.ts';
import { asBrokerError } from './failure.ts';
import type { Subscription } from './messages.ts';

const QUEUE_BATCHES = 256;
const RETRY_MS = 500;
const PRUNE_EVERY_MS = 5000;
/** What loggers ask for again goes behind what is new. */
const BUSY_BATCHES = 4;
const REPLAY_BYTES_PER_SECOND = 8 * 1024 * 1024;

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
  const memory = new ResultMemory(Date.now());
  const queue: Waiting[] = [];
  const room: (() => void)[] = [];
  const abort = new AbortController();
  const uplink = new Uplink({ log });
  const pace = new Pace(REPLAY_BYTES_PER_SECOND, performance.now());
  const busy = (): boolean => queue.length > BUSY_BATCHES;
  const responder = createResponder({ source: sourceOf(name, memory), uplink, pace, busy, log });
  let seq = 0;
  let draining: Promise<void> | undefined;
  let acks: Subscription | undefined;
  let timer: NodeJS.Timeout | undefined;

  const onAck = (bytes: Uint8Array): void => {
    const ack = decode(ackMessageSchema, bytes);
    if (ack?.agent !== name) return;
    const ranges = ack.ranges.filter(([from, to]) => from <= to);
    memory.acked(ack.logger, ack.epoch, ranges, performance.now());
  };

  /** At the first batch or at the start, whichever comes first. */
  const begin = (): void => {
    if (timer !== undefined || abort.signal.aborted) return;
    timer = setInterval(() => memory.prune(performance.now()), PRUNE_EVERY_MS);
    timer.unref();
    acks = broker.subscribe(subjects.acksOf(name), onAck);
    uplink.attach(broker);
    responder.attach(broker);
    void responder.start();
  };

  const send = async (head: Waiting): Promise<void> => {
    const { header, bytes } = head.batch;
    for (;;) {
      try {
        await broker.publishStored(subjects.data(name), bytes);
        memory.published(header.seq);
        head.done();
        return;
      } catch (error) {
        const failure = asBrokerError(error, 'publish results');
        const retryable = 'retryable' in failure && failure.retryable;
        if (!retryable) memory.refused(header.seq);
        if (abort.signal.aborted || !retryable) {
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
    start: () => {
      begin();
      return Promise.resolve();
    },
    publish: async (tables, firstMs, lastMs) => {
      begin();
      while (queue.length >= QUEUE_BATCHES) await new Promise<void>((free) => room.push(free));
      const batch = sealBatch(
        {
          agent: name,
          epoch: memory.epoch,
          seq: seq + 1,
          firstMs,
          lastMs,
          sealedMs: Date.now(),
          missedSlots: 0,
          clock: { offsetMs: null, monotonicMs: performance.now() },
        },
        tables,
      );
      seq += 1;
      memory.add(batch, performance.now());
      const sent = new Promise<void>((done, fail) => queue.push({ batch, done, fail }));
      draining ??= drain();
      await sent;
    },
    stop: async () => {
      abort.abort();
      clearInterval(timer);
      await draining;
      await responder.stop();
      acks?.stop();
    },
  };
}

function sourceOf(agent: string, memory: ResultMemory): BatchSource {
  return {
    agent,
    instance: randomBytes(8).toString('hex'),
    epoch: memory.epoch,
    inventory: () => memory.inventory(),
    read: (epoch, seq) => memory.read(epoch, seq),
    audit: (epoch, fromMs, toMs) => memory.audit(epoch, fromMs, toMs),
    list: (epoch, hourMs) => memory.list(epoch, hourMs),
    lacks: (logger, epoch, ranges) => memory.lacks(logger, epoch, ranges),
  };
}
