/** The broker against a real nats-server: killed, restarted, wiped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openBatch } from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { BrokerError, ConflictError } from '../errors.ts';
import { startNats, type TestNats } from '../testing/nats-server.ts';
import { until } from '../testing/until.ts';
import { Broker } from './broker.ts';
import type { Delivery } from './messages.ts';
import type { BucketEntry } from './bucket.ts';
import { resultPublisher } from './result-publisher.ts';

const log = pino({ level: 'silent' });
const text = (value: string): Uint8Array => Buffer.from(value);
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

let nats: TestNats;
let broker: Broker;

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.remove());
beforeEach(async () => {
  await nats.kill();
  nats.wipe();
  await nats.start();
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
});
afterEach(() => broker.close());

async function restart({ wiped }: { wiped: boolean }): Promise<void> {
  await nats.kill();
  await until('disconnect noticed', () => !broker.connected);
  if (wiped) nats.wipe();
  await nats.start();
  await until('reconnected', () => broker.connected);
}

/** Pulls and acknowledges until `count` messages came. */
async function pullAll(count: number, durable = 'reader'): Promise<string[]> {
  const out: string[] = [];
  await until(`${count} messages`, async () => {
    try {
      for (const delivery of await broker.pull('data', durable, 16, 100)) {
        out.push(textOf(delivery.bytes));
        delivery.ack();
      }
    } catch (error) {
      if (!(error instanceof BrokerError && error.retryable)) throw error;
    }
    return out.length >= count;
  });
  return out;
}

describe('streams', () => {
  test('a first connection is waited for', async () => {
    await broker.close();
    await nats.kill();
    const connecting = Broker.connect({ url: nats.url, name: 'early', log });
    await nats.start();
    broker = await connecting;
    expect(broker.connected).toBe(true);
    expect(await broker.ping()).toBeGreaterThanOrEqual(0);
  });

  test('ensureStreams may be called by everybody at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => broker.ensureStreams()));
    await broker.publishStored('kaiku.data.a', text('1'));
    expect(await pullAll(1)).toEqual(['1']);
  });

  test('what is not acknowledged counts as lag', async () => {
    await broker.ensureStreams();
    expect(await broker.consumerLag('data', 'reader')).toBeUndefined();
    await broker.pull('data', 'reader', 1, 0);
    await broker.publishStored('kaiku.data.a', text('1'));
    await until('lag 1', async () => (await broker.consumerLag('data', 'reader')) === 1);
    let taken: readonly Delivery[] = [];
    await until('delivery', async () => {
      taken = await broker.pull('data', 'reader', 1, 100);
      return taken.length === 1;
    });
    expect(await broker.consumerLag('data', 'reader')).toBe(1);
    taken[0]?.ack();
    await until('lag 0', async () => (await broker.consumerLag('data', 'reader')) === 0);
  });

  test('messages that trickle in are handed over within milliseconds and none is lost', async () => {
    await broker.ensureStreams();
    await broker.pull('data', 'reader', 1, 0);
    const delays: number[] = [];
    const count = 150;
    const reading = until(
      'all',
      async () => {
        for (const delivery of await broker.pull('data', 'reader', 16, 200)) {
          delays.push(performance.now() - Number(textOf(delivery.bytes)));
          delivery.ack();
        }
        return delays.length >= count;
      },
      45_000,
    );
    for (let index = 0; index < count; index += 1) {
      await broker.publishStored('kaiku.data.a', text(String(performance.now())));
      if (index % 3 !== 0) await sleep(index % 17);
    }
    await reading;
    delays.sort((a, b) => a - b);
    expect(delays).toHaveLength(count);
    // A pull that held them back would take its 200 ms, a lost one the broker's patience.
    expect(delays[Math.floor(count / 2)]).toBeLessThan(100);
    expect(delays.at(-1)).toBeLessThan(10_000);
  });

  test('what a killed reader left unacknowledged is delivered again at once when its successor asks', async () => {
    await broker.ensureStreams();
    await broker.redeliver('data', 'reader');
    const dead = await Broker.connect({ url: nats.url, name: 'dead', log });
    await dead.pull('data', 'reader', 1, 0);
    for (const value of ['1', '2', '3']) await broker.publishStored('kaiku.data.a', text(value));
    const taken: string[] = [];
    await until('taken', async () => {
      for (const each of await dead.pull('data', 'reader', 16, 100)) taken.push(textOf(each.bytes));
      return taken.length === 3;
    });
    await dead.close();
    await broker.redeliver('data', 'reader');
    const startedMs = performance.now();
    expect((await pullAll(3)).sort()).toEqual(['1', '2', '3']);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    await until('lag 0', async () => (await broker.consumerLag('data', 'reader')) === 0);
    // The patience is back: a delivery in hand does not come again.
    await broker.publishStored('kaiku.data.a', text('4'));
    const held: Delivery[] = [];
    await until('held', async () => {
      held.push(...(await broker.pull('data', 'reader', 16, 100)));
      return held.length > 0;
    });
    expect(await broker.pull('data', 'reader', 16, 1000)).toEqual([]);
    held[0]?.ack();
  });

  test('an empty pull ends after its wait, not at the expiry of the request', async () => {
    await broker.ensureStreams();
    await broker.pull('data', 'reader', 1, 0);
    const startedMs = performance.now();
    expect(await broker.pull('data', 'reader', 1, 150)).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  test('a killed server: publishing fails retryably, then everything goes on where it was', async () => {
    await broker.ensureStreams();
    await broker.publishStored('kaiku.data.a', text('before'));
    expect(await pullAll(1)).toEqual(['before']);
    await nats.kill();
    await until('disconnect noticed', () => !broker.connected);
    await expect(broker.publishStored('kaiku.data.a', text('lost'))).rejects.toMatchObject({
      code: 'BROKER_FAILED',
      retryable: true,
    });
    await nats.start();
    await until('reconnected', () => broker.connected);
    await broker.publishStored('kaiku.data.a', text('after'));
    // The kill may have cost the broker an acknowledgement: then the old message comes once more.
    await until('the new message', async () => (await pullAll(1)).includes('after'));
  });

  test('a wiped server: streams and consumers come back', async () => {
    await broker.ensureStreams();
    await broker.publishStored('kaiku.data.a', text('gone'));
    expect(await pullAll(1)).toEqual(['gone']);
    await restart({ wiped: true });
    await until('the reader has made streams and consumer', async () => {
      await broker.pull('data', 'reader', 1, 50).catch(() => []);
      return (await broker.consumerLag('data', 'reader')) !== undefined;
    });
    await broker.publishStored('kaiku.data.a', text('new'));
    expect(await pullAll(1)).toEqual(['new']);
  });

  test('publishing makes the streams of a wiped server, so an agent needs no logger for it', async () => {
    await broker.ensureStreams();
    await restart({ wiped: true });
    await until('published', async () => {
      try {
        await broker.publishStored('kaiku.data.a', text('first'));
        return true;
      } catch (error) {
        if (!(error instanceof BrokerError && error.retryable)) throw error;
        return false;
      }
    });
    expect(await pullAll(1)).toEqual(['first']);
  });
});

describe('plain messages', () => {
  test('subscriptions survive a restart; requests are answered by one of a queue group', async () => {
    const heard: string[] = [];
    let answers = 0;
    broker.subscribe('kaiku.ack.>', (bytes, subject) => heard.push(`${subject} ${textOf(bytes)}`));
    for (const _ of [1, 2]) {
      broker.subscribe(
        'kaiku.config.*',
        (bytes, __, reply) => {
          answers += 1;
          reply?.(text(`plan for ${textOf(bytes)}`));
        },
        'config',
      );
    }
    await restart({ wiped: true });
    broker.publish('kaiku.ack.l.a', text('x'));
    await until('heard', () => heard.length > 0);
    expect(heard).toEqual(['kaiku.ack.l.a x']);
    expect(textOf(await broker.request('kaiku.config.a', text('a'), 1000))).toBe('plan for a');
    expect(answers).toBe(1);
  });

  test('an answer goes to an inbox, and nowhere else an asker may name', async () => {
    const answerable: boolean[] = [];
    broker.subscribe('kaiku.cmd.a', (_, __, reply) => answerable.push(reply !== undefined));
    const asker = await connect({ servers: nats.url });
    for (const reply of [
      'kaiku.data.a',
      '$JS.API.STREAM.PURGE.KAIKU_DATA',
      '$KV.kaiku_catalog.current',
      '_INBOX.x.1',
    ]) {
      asker.publish('kaiku.cmd.a', text('?'), { reply });
    }
    asker.publish('kaiku.cmd.a', text('?'));
    await until('heard', () => answerable.length === 5);
    expect(answerable).toEqual([false, false, false, true, false]);
    await asker.close();
  });

  test('a request nobody answers fails retryably', async () => {
    await expect(broker.request('kaiku.config.nobody', text(''), 200)).rejects.toMatchObject({ retryable: true });
  });
});

describe('buckets', () => {
  test('swap wins once: the other writer gets a conflict', async () => {
    const bucket = await broker.bucket('kaiku_lease');
    expect(await bucket.get('p0')).toBeUndefined();
    const first = await bucket.swap('p0', text('a'), 0);
    await expect(bucket.swap('p0', text('b'), 0)).rejects.toBeInstanceOf(ConflictError);
    const second = await bucket.swap('p0', text('c'), first);
    expect(second).toBeGreaterThan(first);
    await expect(bucket.swap('p0', text('d'), first)).rejects.toBeInstanceOf(ConflictError);
    expect(await bucket.get('p0')).toMatchObject({ key: 'p0', revision: second });
    await bucket.remove('p0');
    expect(await bucket.get('p0')).toBeUndefined();
    expect(await bucket.keys()).toEqual([]);
    expect(await bucket.swap('p0', text('e'), 0)).toBeGreaterThan(second);
    expect(await bucket.keys()).toEqual(['p0']);
  });

  test('of many writers at once exactly one wins', async () => {
    const bucket = await broker.bucket('kaiku_lease');
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => bucket.swap('p1', text(String(index)), 0)),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('an opened bucket of a wiped server comes back, empty', async () => {
    const bucket = await broker.bucket('kaiku_lease');
    await bucket.put('k', text('old'));
    await restart({ wiped: true });
    expect(await bucket.get('k')).toBeUndefined();
    expect(await bucket.keys()).toEqual([]);
    expect(await bucket.swap('k', text('new'), 0)).toBeGreaterThan(0);
    expect(textOf((await bucket.get('k'))?.value)).toBe('new');
  });

  test('the first thing done with a bucket after a wipe may be a write', async () => {
    const bucket = await broker.bucket('kaiku_lease');
    await restart({ wiped: true });
    expect(await bucket.put('k', text('new'))).toBeGreaterThan(0);
  });

  test.each([{ wiped: false }, { wiped: true }])('a watch goes on after a restart, %o', async ({ wiped }) => {
    const bucket = await broker.bucket('kaiku_catalog', 8);
    await bucket.put('current', text('1'));
    const seen: (BucketEntry | undefined)[] = [];
    const watch = await bucket.watch('current', (entry) => seen.push(entry));
    await until('present value', () => seen.length === 1);
    await bucket.put('current', text('2'));
    await until('a change', () => seen.length === 2);
    await restart({ wiped });
    await bucket.put('current', text('3'));
    await until('a change after the restart', () => textOf(seen.at(-1)?.value) === '3', 15_000);
    await bucket.remove('current');
    await until('removal', () => seen.at(-1) === undefined);
    watch.stop();
  });
});

describe('result publisher', () => {
  test('publishes in order across a restart, nothing lost', async () => {
    await broker.ensureStreams();
    const publisher = resultPublisher(broker, 'analyzer-1', log);
    await publisher.start();
    const row = { table: 'fact' as const, rows: 1, data: [['e'], ['n'], ['i'], new BigInt64Array([1n]), ['v']] };
    await publisher.publish([row], 1, 1);
    await nats.kill();
    const waiting = [publisher.publish([row], 2, 2), publisher.publish([row], 3, 3)];
    expect(publisher.waiting).toBe(2);
    await nats.start();
    await Promise.all(waiting);
    expect(publisher.waiting).toBe(0);
    const seqs: number[] = [];
    await until('three batches', async () => {
      for (const delivery of await broker.pull('data', 'reader', 16, 100).catch(() => [])) {
        const batch = openBatch(delivery.bytes);
        if (batch.ok) seqs.push(batch.header.seq);
        delivery.ack();
      }
      return new Set(seqs).size === 3;
    });
    expect([...new Set(seqs)]).toEqual([1, 2, 3]);
    await publisher.stop();
  });

  test('stop ends a wait for a broker that is away', async () => {
    await broker.ensureStreams();
    const publisher = resultPublisher(broker, 'analyzer-1', log);
    await nats.kill();
    const rejected = expect(publisher.publish([], 1, 1)).rejects.toMatchObject({ code: 'BROKER_FAILED' });
    await publisher.stop();
    await rejected;
    await nats.start();
  });
});
