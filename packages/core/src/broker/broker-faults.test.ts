/** What a broker loses, the rest of its users must not wait for: kills under load, stuck and vanished consumers. */
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { pino } from 'pino';
import { BrokerError } from '../errors.ts';
import { startNats, type TestNats } from '../testing/nats-server.ts';
import { until } from '../testing/until.ts';
import { Broker } from './broker.ts';
import type { Delivery } from './messages.ts';
import type { StreamKey } from './streams.ts';

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
  await broker.ensureStreams();
});
afterEach(() => broker.close());

async function publish(subject: string, value: string): Promise<void> {
  for (;;) {
    try {
      await broker.publishStored(subject, text(value));
      return;
    } catch (error) {
      if (!(error instanceof BrokerError && error.retryable)) throw error;
      await sleep(20);
    }
  }
}

/** Pulls and acknowledges until `wanted` says that it has enough. */
async function read(
  wanted: (came: ReadonlySet<string>) => boolean,
  withinMs: number,
  stream: StreamKey = 'data',
  durable = 'reader',
): Promise<ReadonlySet<string>> {
  const came = new Set<string>();
  await until(
    'the messages',
    async () => {
      for (const delivery of await broker.pull(stream, durable, 16, 50).catch(() => [])) {
        came.add(textOf(delivery.bytes));
        delivery.ack();
      }
      return wanted(came);
    },
    withinMs,
  );
  return came;
}

async function administer(run: (manager: JetStreamManager) => Promise<unknown>): Promise<void> {
  const connection = await connect({ servers: nats.url });
  try {
    await run(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

test('a server killed again and again under load: all arrives, and nothing waits for a minute', async () => {
  const load = { stopped: false, allSent: false };
  const sent: string[] = [];
  const sending = (async () => {
    while (!load.stopped) {
      const value = `m${sent.length}`;
      await publish('kaiku.data.a', value);
      sent.push(value);
      await sleep(2);
    }
  })();
  const reading = read((came) => load.allSent && sent.every((value) => came.has(value)), 120_000);
  for (let kills = 0; kills < 6; kills += 1) {
    const before = sent.length;
    await until('load', () => sent.length > before + 40, 20_000);
    await nats.kill();
    await nats.start();
  }
  load.stopped = true;
  await sending;
  load.allSent = true;
  // From here on only the broker's patience with what was on its way is left: 10 s, not a minute.
  const arrived = await Promise.race([reading, sleep(30_000).then(() => undefined)]);
  expect(arrived?.size ?? 'not all arrived').toBe(sent.length);
}, 180_000);

test('what is in work for longer than the broker waits does not come again, and is acknowledged once', async () => {
  await publish('kaiku.data.a', 'slow');
  const held: Delivery[] = [];
  await until('delivered', async () => {
    held.push(...(await broker.pull('data', 'reader', 16, 100)));
    return held.length > 0;
  });
  const again: Delivery[] = [];
  const endMs = performance.now() + 14_000;
  await until(
    'longer than the patience',
    async () => {
      again.push(...(await broker.pull('data', 'reader', 16, 200)));
      return performance.now() > endMs;
    },
    20_000,
  );
  expect(again).toEqual([]);
  held[0]?.ack();
  await until('nothing left', async () => (await broker.consumerLag('data', 'reader')) === 0);
}, 30_000);

test('what is given up by redeliver comes again at once', async () => {
  await publish('kaiku.data.a', 'dropped');
  await until('delivered', async () => (await broker.pull('data', 'reader', 16, 100)).length > 0);
  await broker.redeliver('data', 'reader');
  expect([...(await read((came) => came.size === 1, 3000))]).toEqual(['dropped']);
});

describe('things that vanish while running', () => {
  test.each([
    ['the consumer', (manager: JetStreamManager) => manager.consumers.delete('KAIKU_DATA', 'reader')],
    ['the stream', (manager: JetStreamManager) => manager.streams.delete('KAIKU_DATA')],
    ['the messages', (manager: JetStreamManager) => manager.streams.purge('KAIKU_DATA')],
  ])(
    '%s: the reader goes on',
    async (_, vanish) => {
      await publish('kaiku.data.a', 'before');
      await read((came) => came.has('before'), 10_000);
      await administer(vanish);
      const reading = read((came) => came.has('after'), 40_000);
      await publish('kaiku.data.a', 'after');
      await reading;
    },
    60_000,
  );
});

describe('the replay lane', () => {
  test('each logger gets its own, and what it has is gone from the stream', async () => {
    await publish('kaiku.replay.logger-1.a', 'one');
    await publish('kaiku.replay.logger-2.a', 'two');
    expect([...(await read((came) => came.size > 0, 10_000, 'replay', 'logger-1'))]).toEqual(['one']);
    expect([...(await read((came) => came.size > 0, 10_000, 'replay', 'logger-2'))]).toEqual(['two']);
    await until('acknowledged', async () => (await broker.consumerLag('replay', 'logger-1')) === 0);
    await administer(async (manager) => {
      await until('gone', async () => (await manager.streams.info('KAIKU_REPLAY')).state.messages === 0);
    });
  });

  test('a stream of that name made otherwise is replaced', async () => {
    await administer(async (manager) => {
      await manager.streams.delete('KAIKU_REPLAY');
      await manager.streams.add({ name: 'KAIKU_REPLAY', subjects: ['kaiku.replay.>'] });
    });
    await broker.ensureStreams();
    await administer(async (manager) => {
      expect((await manager.streams.info('KAIKU_REPLAY')).config.retention).toBe('workqueue');
    });
  });
});

test('a message larger than the broker takes is refused for good, with both sizes', async () => {
  await expect(broker.publishStored('kaiku.data.a', new Uint8Array(9_000_000))).rejects.toMatchObject({
    retryable: false,
    message: expect.stringMatching(/9000000 bytes .*8000000|9000000 bytes .*8388608/),
  });
});

test('a consumer of an older version gets the short patience', async () => {
  await administer((manager) =>
    manager.consumers.add('KAIKU_DATA', { durable_name: 'reader', ack_policy: 'explicit', ack_wait: 60e9 }),
  );
  await publish('kaiku.data.a', 'x');
  await read((came) => came.has('x'), 10_000);
  await administer(async (manager) => {
    expect((await manager.consumers.info('KAIKU_DATA', 'reader')).config.ack_wait).toBe(10e9);
  });
});

test('a consumer that has messages and delivers none is made anew, from where it had acknowledged', async () => {
  const hasty = await Broker.connect({ url: nats.url, name: 'hasty', log, patienceMs: 500 });
  await administer(async (manager) => {
    await manager.consumers.add('KAIKU_DATA', {
      durable_name: 'reader',
      ack_policy: 'explicit',
      ack_wait: 10e9,
      max_ack_pending: 1,
    });
  });
  for (const value of ['1', '2', '3']) await publish('kaiku.data.a', value);
  await read((came) => came.has('1'), 10_000, 'data', 'reader');
  // Somebody holds the only delivery this consumer allows.
  const thief = await connect({ servers: nats.url });
  const consumer = await jetstream(thief).consumers.get('KAIKU_DATA', 'reader');
  const stolen = await consumer.next({ expires: 2000 });
  const working = setInterval(() => stolen?.working(), 1000);
  const came = new Set<string>();
  await until(
    'the rest',
    async () => {
      for (const delivery of await hasty.pull('data', 'reader', 16, 50).catch(() => [])) {
        came.add(textOf(delivery.bytes));
        delivery.ack();
      }
      return came.has('2') && came.has('3');
    },
    20_000,
  );
  clearInterval(working);
  expect(came.has('1')).toBe(false);
  await thief.close();
  await hasty.close();
}, 40_000);

test('on a small disk the streams get less slack, not none', async () => {
  const small = await startNats(undefined, '', 'max_file: 5GB');
  onTestFinished(() => small.remove());
  const there = await Broker.connect({ url: small.url, name: 'small', log });
  onTestFinished(() => there.close());
  await there.ensureStreams();
  await there.publishStored('kaiku.data.a', text('x'));
  await there.publishStored('kaiku.replay.l.a', text('x'));
});

test('a server that stands still is left, and what was refused meanwhile can be sent at its return', async () => {
  const hasty = await Broker.connect({ url: nats.url, name: 'hasty', log, patienceMs: 500 });
  nats.freeze();
  let refused: unknown;
  await until('refused', async () => {
    await hasty.publishStored('kaiku.data.a', text('x')).catch((error: unknown) => (refused = error));
    return refused !== undefined;
  });
  expect(refused).toMatchObject({ retryable: true });
  await until('left', () => !hasty.connected);
  nats.thaw();
  await until('sent', () =>
    hasty.publishStored('kaiku.data.a', text('x')).then(
      () => true,
      () => false,
    ),
  );
  expect(hasty.trouble).toBe('');
  await hasty.close();
}, 30_000);
