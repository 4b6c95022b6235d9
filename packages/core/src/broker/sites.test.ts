/** Several independent sites behind one Broker: failover, black holes, killed servers. Real servers, a real proxy. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { BrokerError } from '../errors.ts';
import { freePort } from '../testing/free-port.ts';
import { startNats, type TestNats } from '../testing/nats-server.ts';
import { startProxy, type TcpProxy } from '../testing/tcp-proxy.ts';
import { until } from '../testing/until.ts';
import { Broker } from './broker.ts';
import type { BucketEntry } from './bucket.ts';

const log = pino({ level: 'silent' });
const text = (value: string): Uint8Array => Buffer.from(value);
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
/** A site silent for this long is left; eight times as long in service. */
const PATIENCE_MS = 1000;
/** The tests allow for a busy machine. */
const LEFT_WITHIN_MS = 20_000;

let first: TestNats;
let second: TestNats;
let proxy: TcpProxy;
let broker: Broker;

beforeAll(async () => {
  [first, second] = await Promise.all([startNats(), startNats()]);
});
afterAll(async () => {
  await Promise.all([first.remove(), second.remove()]);
});
beforeEach(async () => {
  for (const nats of [first, second]) {
    await nats.kill();
    nats.wipe();
    await nats.start();
  }
  proxy = await startProxy(await freePort(), Number(new URL(first.url).port));
  broker = await Broker.connect({
    url: `nats://127.0.0.1:${proxy.port}`,
    more: [second.url],
    name: 'test',
    log,
    patienceMs: PATIENCE_MS,
  });
  await until('both sites', () => broker.sites.every((site) => site.connected));
  await broker.ensureStreams();
});
afterEach(async () => {
  await broker.close();
  await proxy.close();
});

/** Publishes as callers do: what fails retryably is tried again. */
async function publish(value: string, through = broker): Promise<void> {
  await until(
    `published ${value}`,
    async () => {
      try {
        await through.publishStored('kaiku.data.a', text(value));
        return true;
      } catch (error) {
        if (!(error instanceof BrokerError && error.retryable)) throw error;
        return false;
      }
    },
    LEFT_WITHIN_MS,
  );
}

/** Pulls and acknowledges until all of these came. */
async function pullAll(values: readonly string[], withinMs = 30_000): Promise<readonly string[]> {
  const out: string[] = [];
  await until(
    `${values.length} messages`,
    async () => {
      for (const delivery of await broker.pull('data', 'reader', 16, 100).catch(() => [])) {
        out.push(textOf(delivery.bytes));
        delivery.ack();
      }
      const came = new Set(out);
      return values.every((value) => came.has(value));
    },
    withinMs,
  );
  return out;
}

describe('one site lost', () => {
  test('killed: the other takes over at once, and what the first holds arrives at its return', async () => {
    await publish('1');
    await first.kill();
    await publish('2');
    expect(broker.connected).toBe(true);
    expect(broker.trouble).toContain(`${proxy.port}: away`);
    expect(await pullAll(['2'])).toEqual(['2']);
    await first.start();
    expect(await pullAll(['1'])).toEqual(['1']);
    await until('no trouble', () => broker.trouble === '');
    await publish('3');
    expect(await pullAll(['3'])).toEqual(['3']);
    await until('nothing left', async () => (await broker.consumerLag('data', 'reader')) === 0);
  });

  test.each([[['up', 'down']], [['up']], [['down']]] as const)(
    'a black hole, %j: left, while the other is used',
    async (directions) => {
      await publish('1');
      proxy.swallow(...directions);
      const values = Array.from({ length: 20 }, (_, index) => `in the dark ${index}`);
      await Promise.all(values.map((value) => publish(value)));
      await until('the black hole is left', () => broker.sites[0]?.connected === false, LEFT_WITHIN_MS);
      await publish('after');
      await pullAll([...values, 'after']);
      proxy.swallow();
      await until('returned to', () => broker.sites[0]?.connected === true, LEFT_WITHIN_MS);
      // Taken by the first before the dark, or in it without being able to say so.
      await pullAll(['1']);
    },
    90_000,
  );

  test('full buffers do not keep a black hole open', async () => {
    proxy.swallow('up', 'down');
    const big = new Uint8Array(1_000_000);
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => broker.publishStored('kaiku.data.a', big)),
    );
    expect(results.every((result) => result.status === 'fulfilled')).toBe(true);
    await until('left', () => broker.sites[0]?.connected === false, LEFT_WITHIN_MS);
  }, 60_000);

  test('a connection reset in mid-publish: sent again, elsewhere', async () => {
    proxy.cutAfter(100_000);
    const values = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(10_000, '.'));
    await Promise.all(values.map((value) => publish(value)));
    await pullAll(values);
  });
});

describe('all sites at once', () => {
  test('a plain message is heard once by each subscription, whoever is connected where', async () => {
    const heard: string[] = [];
    broker.subscribe('kaiku.health.>', (bytes) => heard.push(`a ${textOf(bytes)}`));
    broker.subscribe('kaiku.health.>', (bytes) => heard.push(`b ${textOf(bytes)}`));
    const lone = await Broker.connect({ url: second.url, name: 'lone', log });
    await broker.ping();
    await until('subscribed', async () => {
      lone.publish('kaiku.health.x', text('ready?'));
      await lone.ping();
      return heard.length > 0;
    });
    heard.length = 0;
    for (let index = 0; index < 10; index += 1) broker.publish('kaiku.health.x', text(String(index)));
    await until('heard', () => heard.filter((line) => line.endsWith('9')).length === 2);
    // Another round-trip on both sites: a second copy would be here by now.
    await Promise.all([broker.ping(), lone.ping()]);
    expect(heard.filter((line) => !line.endsWith('ready?'))).toHaveLength(20);
    await lone.close();
  });

  test('a request finds who listens at one site only', async () => {
    const lone = await Broker.connect({ url: second.url, name: 'lone', log });
    lone.subscribe('kaiku.cmd.a', (bytes, _, reply) => reply?.(bytes));
    await lone.ping();
    expect(textOf(await broker.request('kaiku.cmd.a', text('hello'), 1000))).toBe('hello');
    await expect(broker.request('kaiku.cmd.b', text('hello'), 1000)).rejects.toMatchObject({ retryable: true });
    await lone.close();
  });

  test('pulls take from both and acknowledge where it came from', async () => {
    const lone = await Broker.connect({ url: second.url, name: 'lone', log });
    const values = Array.from({ length: 30 }, (_, index) => String(index));
    for (const value of values) await publish(value, Number(value) % 2 === 0 ? broker : lone);
    expect((await pullAll(values)).length).toBe(30);
    await until('nothing left', async () => (await broker.consumerLag('data', 'reader')) === 0);
    await lone.close();
  });

  test('nobody there: fails at once, retryably', async () => {
    await Promise.all([first.kill(), second.kill()]);
    await until('noticed', () => !broker.connected);
    await expect(broker.publishStored('kaiku.data.a', text('x'))).rejects.toMatchObject({ retryable: true });
    await expect(broker.pull('data', 'reader', 1, 1000)).rejects.toMatchObject({ retryable: true });
    await Promise.all([first.start(), second.start()]);
  });
});

describe('buckets', () => {
  test('the catalog is the same at every site, also after one was away', async () => {
    const bucket = await broker.bucket('kaiku_catalog', 8);
    const seen: (BucketEntry | undefined)[] = [];
    await bucket.put('current', text('1'));
    const watch = await bucket.watch('current', (entry) => seen.push(entry));
    await until('seen', () => textOf(seen.at(-1)?.value) === '1');
    await first.kill();
    await until('noticed', () => broker.sites[0]?.connected === false);
    expect(textOf((await bucket.get('current'))?.value)).toBe('1');
    await until('written', () =>
      bucket.put('current', text('2')).then(
        () => true,
        () => false,
      ),
    );
    await until('a change at the second site is seen', () => textOf(seen.at(-1)?.value) === '2');
    await first.start();
    await until('back', () => broker.sites[0]?.connected === true);
    await until('mended', async () => textOf((await bucket.get('current').catch(() => undefined))?.value) === '2');
    watch.stop();
  });

  test('a lease is swapped by one only, before and after a switch, for which the bucket must be opened anew', async () => {
    let bucket = await broker.bucket('kaiku_lease');
    const revision = await bucket.swap('p0', text('a'), 0);
    await expect(bucket.swap('p0', text('b'), 0)).rejects.toMatchObject({ code: 'BROKER_CONFLICT' });
    await first.kill();
    await until('noticed', () => broker.sites[0]?.connected === false);
    await expect(bucket.swap('p0', text('b'), revision)).rejects.toMatchObject({ retryable: true });
    bucket = await broker.bucket('kaiku_lease');
    expect(await bucket.get('p0')).toBeUndefined();
    const results = await Promise.allSettled(['c', 'd'].map((value) => bucket.swap('p0', text(value), 0)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(revision).toBeGreaterThan(0);
    await first.start();
  });
});
