/**
 * The servers that tests use, as local processes and as containers: they answer, keep what they stored over a kill,
 * and lose it when wiped. Containers are left out, with the reason, where there is no Docker engine or image.
 */
import { Broker, createLog } from '@kaiku/core';
import {
  answersSnmp,
  containersMissing,
  findBinary,
  freePort,
  freeUdpPort,
  startNats,
  startSnmpd,
  startStore,
  waitFor,
} from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const missing = await containersMissing('kaiku/nats:local', 'kaiku/snmpd:local', 'kaiku/node:local');
const absent = ['nats-server', 'snmpd'].filter((name) => findBinary(name) === undefined);

const MODES = [
  { mode: 'local', why: absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}` },
  { mode: 'containers', why: missing },
] as const;

async function statement(url: string, sql: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers: { 'X-ClickHouse-User': 'kaiku' }, body: sql });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text.trim();
}

describe.each(MODES)('servers, $mode', ({ mode, why }) => {
  const before = process.env['KAIKU_TEST_SERVERS'];
  beforeAll(() => {
    process.env['KAIKU_TEST_SERVERS'] = mode;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['KAIKU_TEST_SERVERS'];
    else process.env['KAIKU_TEST_SERVERS'] = before;
  });
  const name = (what: string): string => (why === undefined ? what : `${what} (${why})`);

  test.skipIf(why !== undefined)(name('nats-server: killed, started again, wiped'), async () => {
    const nats = await startNats({ port: await freePort() });
    const log = createLog({ role: 'test', name: 'containers', level: 'fatal' });
    const broker = await Broker.connect({ url: nats.url, name: 'containers', log });
    try {
      await (await broker.bucket('test')).put('key', new TextEncoder().encode('here'));
      const read = async (): Promise<string | undefined> => {
        const entry = await (await broker.bucket('test')).get('key');
        return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
      };
      await nats.kill();
      await nats.restart();
      expect(await waitFor(read, 60_000, 'the value after a kill')).toBe('here');
      await nats.restart({ wipe: true });
      await waitFor(async () => (await read()) === undefined, 60_000, 'the emptied broker');
    } finally {
      await broker.close();
      await nats.stop();
    }
  });

  test.skipIf(why !== undefined)(name('store: killed, started again, wiped'), async () => {
    const store = await startStore({ port: await freePort() });
    try {
      await statement(store.url, 'CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n');
      await statement(store.url, 'INSERT INTO kept SELECT number FROM numbers(1000)');
      await store.kill();
      await store.restart();
      expect(await statement(store.url, 'SELECT sum(n) FROM kept')).toBe('499500');
      await store.restart({ wipe: true });
      await expect(statement(store.url, 'SELECT sum(n) FROM kept')).rejects.toThrow('kept');
    } finally {
      await store.stop();
    }
  });

  test.skipIf(why !== undefined)(name('snmpd answers, and no more when stopped'), async () => {
    const snmpd = await startSnmpd({ port: await freeUdpPort() });
    expect(await answersSnmp(snmpd.address, snmpd.port, snmpd.community)).toBe(true);
    await snmpd.stop();
    expect(await answersSnmp(snmpd.address, snmpd.port, snmpd.community)).toBe(false);
  });
});
