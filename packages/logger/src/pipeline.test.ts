/** The flow over a store in memory: what is acknowledged, what is not, and in which order. */
import { createLog, createMetrics, type Broker } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { ackMessageSchema, decode, openBatch, packBundle, type AckMessage } from '@kaiku/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createDirtyHours } from './refine/dirty-hours.ts';
import { createRefiner } from './refine/refiner.ts';
import { delivery, gaugeBatch, type TestDelivery } from './testing/batches.ts';
import { FakeStoreError, frameKey, memoryStore, type MemoryStore } from './testing/memory-store.ts';

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
const running: Pipeline[] = [];
afterEach(async () => {
  for (const pipeline of running.splice(0)) await pipeline.stop();
});

interface Bench {
  readonly store: MemoryStore;
  readonly acks: AckMessage[];
  readonly pipeline: Pipeline;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly send: (...deliveries: TestDelivery[]) => void;
}

async function bench(store = memoryStore()): Promise<Bench> {
  const waiting: TestDelivery[] = [];
  const acks: AckMessage[] = [];
  const broker: Pick<Broker, 'pull' | 'publish' | 'redeliver'> = {
    pull: async (lane, _, max) => {
      await new Promise((done) => setTimeout(done, 1));
      return lane === 'data' ? waiting.splice(0, max) : [];
    },
    redeliver: () => Promise.resolve(),
    publish: (_, bytes) => {
      const ack = decode(ackMessageSchema, bytes);
      if (ack !== undefined) acks.push(ack);
    },
  };
  const metrics = createMetrics();
  const refiner = createRefiner({ store, metrics, log, dirty: createDirtyHours() });
  const pipeline = createPipeline({
    name: 'logger-1',
    groupBatches: 64,
    groupBytes: 1e6,
    broker,
    store,
    refiner,
    metrics,
    log,
  });
  running.push(pipeline);
  await pipeline.start();
  return { store, acks, pipeline, metrics, send: (...deliveries) => waiting.push(...deliveries) };
}

const frameOf = (bytes: Uint8Array): string => {
  const opened = openBatch(bytes);
  const block = opened.ok ? opened.blocks[0] : undefined;
  return block === undefined ? '' : frameKey(block.table, block.frame);
};

describe('the flow', () => {
  test('inserts, records, then acknowledges, several batches in one insert', async () => {
    const { store, acks, send, pipeline } = await bench();
    const deliveries = [1, 2, 3].map((seq) => delivery(gaugeBatch({ seq }).bytes));
    send(...deliveries);
    await until('acknowledged', () => deliveries.every((each) => each.acks === 1));
    expect(store.calls.filter((call) => /insert|record/.test(call))).toEqual(['insert gauge 3', 'record 3']);
    expect(acks).toMatchObject([{ logger: 'logger-1', agent: 'agent-a', epoch: 1, ranges: [[1, 3]] }]);
    expect(pipeline.ledger()?.has('agent-a', 1, 3)).toBe(true);
    expect(pipeline.trouble()).toBe('');
  });

  test('a batch delivered again is acknowledged again and inserted once', async () => {
    const { store, acks, send, metrics } = await bench();
    const batch = gaugeBatch({ seq: 1 });
    const first = delivery(batch.bytes);
    send(first, delivery(batch.bytes));
    await until('first', () => first.acks === 1);
    const second = delivery(batch.bytes);
    send(second);
    await until('second', () => second.acks === 1);
    expect(store.frames).toHaveLength(1);
    expect(store.rows).toHaveLength(1);
    expect(acks).toHaveLength(2);
    expect(metrics.figures()['duplicates']).toBe(2);
  });

  test('after a restart a known batch is recognized by the hash in the store', async () => {
    const before = await bench();
    const batch = gaugeBatch({ seq: 1 });
    const first = delivery(batch.bytes);
    before.send(first);
    await until('first', () => first.acks === 1);
    await before.pipeline.stop();
    const after = await bench(before.store);
    const [same, other] = [delivery(batch.bytes), delivery(gaugeBatch({ seq: 1, value: 9 }).bytes)];
    after.send(same, other);
    await until('both', () => same.acks === 1 && other.acks === 1);
    expect(after.store.frames).toHaveLength(1);
    expect(after.store.quarantine).toMatchObject([
      { agent: 'agent-a', seq: 1, reason: expect.stringContaining('another hash') as string },
    ]);
    expect(after.acks).toHaveLength(1);
  });

  test('what cannot be read goes to quarantine with its bytes and the stream goes on', async () => {
    const { store, send, metrics } = await bench();
    const spoof = delivery(gaugeBatch({ seq: 1 }).bytes, 'agent-b');
    const garbage = delivery(Buffer.from('garbage'));
    const good = delivery(gaugeBatch({ seq: 2 }).bytes);
    send(spoof, garbage, good);
    await until('all', () => spoof.acks + garbage.acks + good.acks === 3);
    expect(store.quarantine.map(({ agent, bytes }) => [agent, bytes])).toEqual([
      ['agent-b', spoof.bytes.length],
      ['agent-a', 7],
    ]);
    expect(store.rows.map(({ seq }) => seq)).toEqual([2]);
    expect(metrics.figures()['quarantined']).toBe(2);
  });

  test('a batch the store refuses poisons only itself', async () => {
    const { store, acks, send } = await bench();
    const deliveries = [1, 2, 3].map((seq) => delivery(gaugeBatch({ seq, value: seq }).bytes));
    const poison = frameOf(deliveries[1]?.bytes ?? new Uint8Array());
    store.fault = (operation) => {
      if (operation === `frame ${poison}`) throw new FakeStoreError('refused');
    };
    send(...deliveries);
    await until('all', () => deliveries.every((each) => each.acks === 1));
    expect(store.rows.map(({ seq }) => seq)).toEqual([1, 3]);
    expect(store.quarantine).toMatchObject([{ seq: 2 }]);
    expect(acks).toMatchObject([
      {
        ranges: [
          [1, 1],
          [3, 3],
        ],
      },
    ]);
  });

  test('a bundle: stored in one go, acknowledged once, a bad batch in it quarantined alone', async () => {
    const { store, acks, send, metrics } = await bench();
    const good = [1, 2, 3].map((seq) => gaugeBatch({ seq }).bytes);
    const bad = Buffer.from(gaugeBatch({ seq: 4 }).bytes);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    const whole = delivery(packBundle([...good, bad]), 'agent-a', 'backlog');
    send(whole);
    await until('acknowledged', () => whole.acks === 1);
    expect(store.calls.filter((call) => /insert|record/.test(call))).toEqual(['insert gauge 3', 'record 3']);
    expect(store.quarantine).toMatchObject([{ agent: 'agent-a', bytes: bad.length }]);
    expect(acks).toMatchObject([{ ranges: [[1, 3]], bundles: true }]);
    const again = delivery(packBundle(good), 'agent-a', 'backlog');
    send(again);
    await until('acknowledged again', () => again.acks === 1);
    expect(store.rows).toHaveLength(3);
    expect(metrics.figures()['duplicates']).toBe(3);
  });

  test('a store that is away: nothing is acknowledged, nothing is given up, then all goes in', async () => {
    const { store, acks, send, pipeline } = await bench();
    let away = true;
    store.fault = () => {
      if (away) throw new FakeStoreError('unreachable');
    };
    const deliveries = [1, 2].map((seq) => delivery(gaugeBatch({ seq }).bytes));
    send(...deliveries);
    await until('trouble is told', () => pipeline.trouble().includes('memory'));
    expect(acks).toEqual([]);
    away = false;
    await until('all', () => deliveries.every((each) => each.acks === 1));
    expect(pipeline.trouble()).toBe('');
    expect(store.rows).toHaveLength(2);
    expect(store.quarantine).toEqual([]);
  });

  test('a failure between insert and record repeats the insert and acknowledges once', async () => {
    const { store, send } = await bench();
    let failures = 2;
    store.fault = (operation) => {
      if (operation.startsWith('record') && failures-- > 0) throw new FakeStoreError('unreachable');
    };
    const only = delivery(gaugeBatch({ seq: 1 }).bytes);
    send(only);
    await until('acknowledged', () => only.acks === 1);
    expect(store.rows).toHaveLength(1);
  });

  test('a store that was emptied is set up again and its ledger read anew', async () => {
    const { store, send, pipeline } = await bench();
    const first = delivery(gaugeBatch({ seq: 1 }).bytes);
    send(first);
    await until('first', () => first.acks === 1);
    store.rows.length = 0;
    let emptied = true;
    store.fault = (operation) => {
      if (operation === 'migrate') emptied = false;
      else if (emptied) throw new FakeStoreError('schema');
    };
    send(delivery(gaugeBatch({ seq: 2 }).bytes));
    await until('set up again', () => !emptied && pipeline.ledger()?.has('agent-a', 1, 1) === false);
    const again = delivery(gaugeBatch({ seq: 1 }).bytes);
    send(again);
    await until('stored again', () => again.acks === 1);
    expect(store.rows.map(({ seq }) => seq)).toEqual([1]);
  });

  test('stop while the store is away ends, and nothing was acknowledged', async () => {
    const { store, send, pipeline } = await bench();
    await until('ready', () => pipeline.ledger() !== undefined);
    store.fault = () => {
      throw new FakeStoreError('unreachable');
    };
    const only = delivery(gaugeBatch({ seq: 1 }).bytes);
    send(only);
    await until('trouble', () => pipeline.trouble() !== '');
    await pipeline.stop();
    expect(only.acks).toBe(0);
  });
});
