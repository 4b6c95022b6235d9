/**
 * A logger's flow in a process of its own that kills itself (SIGKILL, as a power cut does it) at one step
 * of its first group. Run as a program by the crash tests.
 */
import { Broker, createLog, createMetrics } from '@kaiku/core';
import { openStore } from '@kaiku/store';
import type { LoggerStore } from '../logger-store.ts';
import { createPipeline } from '../pipeline.ts';
import { createRepair } from '../repair/repair.ts';
import { createRefiner } from '../refine/refiner.ts';

/**
 * Before the first insert, behind it, behind the ledger row, behind the first acknowledgement; behind a row of
 * quarantine; behind a recorded gap.
 */
export type CrashPoint = 'insert' | 'inserted' | 'recorded' | 'acknowledged' | 'quarantined' | 'gap' | 'never';

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: the process is killed');
}

function crashingStore(store: LoggerStore, at: CrashPoint): LoggerStore {
  return {
    name: store.name,
    refine: store.refine,
    migrate: () => store.migrate(),
    insertFrames: async (table, frames, encoding) => {
      if (at === 'insert') die();
      await store.insertFrames(table, frames, encoding);
      if (at === 'inserted') die();
    },
    audit: {
      ...store.audit,
      recordGaps: async (gaps) => {
        await store.audit.recordGaps(gaps);
        if (at === 'gap') die();
      },
    },
    ledger: {
      summaries: () => store.ledger.summaries(),
      hashOf: (agent, epoch, seq) => store.ledger.hashOf(agent, epoch, seq),
      since: (insertedMs, limit) => store.ledger.since(insertedMs, limit),
      quarantine: async (row, atMs) => {
        await store.ledger.quarantine(row, atMs);
        if (at === 'quarantined') die();
      },
      quarantined: (sinceMs) => store.ledger.quarantined(sinceMs),
      record: async (rows, insertedMs) => {
        await store.ledger.record(rows, insertedMs);
        if (at === 'recorded') die();
      },
    },
  };
}

async function run(brokerUrl: string, storeUrl: string, at: CrashPoint): Promise<void> {
  const log = createLog({ role: 'logger', name: 'logger-1', level: 'silent' });
  const broker = await Broker.connect({ url: brokerUrl, name: 'logger-1', log });
  const real = openStore({ name: 'store-1', url: storeUrl, user: 'kaiku', password: '', database: 'kaiku' });
  const store = crashingStore(real, at);
  const metrics = createMetrics();
  const refiner = createRefiner({ store, metrics, log });
  const watched: Pick<Broker, 'pull' | 'publish' | 'redeliver'> = {
    pull: (lane, durable, max, waitMs) => broker.pull(lane, durable, max, waitMs),
    redeliver: (lane, durable) => broker.redeliver(lane, durable),
    publish: (subject, bytes) => {
      broker.publish(subject, bytes);
      if (at === 'acknowledged') die();
    },
  };
  const pipeline = createPipeline({
    name: 'logger-1',
    groupBatches: 8,
    groupBytes: 1_000_000,
    broker: watched,
    store,
    refiner,
    metrics,
    log,
  });
  const repair = createRepair({ name: 'logger-1', settleMs: 100, broker, pipeline, metrics, log });
  await refiner.part.start();
  await pipeline.start();
  await repair.start();
}

const [brokerUrl, storeUrl, at] = process.argv.slice(2);
if (brokerUrl !== undefined && storeUrl !== undefined) await run(brokerUrl, storeUrl, (at ?? 'never') as CrashPoint);
