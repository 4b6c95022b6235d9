/**
 * The way to the broker as an attacker finds it who has taken an appliance: a real nats-server, configured by
 * `kaiku init` and run by `kaiku up`, with TLS, WebSocket, keys and permissions. The attacker holds agent-a's key.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Broker, createLog } from '@kaiku/core';
import { BUCKETS, STREAMS, subjects } from '@kaiku/protocol';
import { findBinary, freePort, tempDir, waitFor } from '@kaiku/testkit';
import { connect, nkeyAuthenticator, nkeys, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, startSupervisor, type Running } from '../support/installation.ts';

const READY_MS = 60_000;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const log = createLog({ role: 'test', name: 'security', level: 'silent' });

describe.skipIf(findBinary('nats-server') === undefined)('the broker of an installation', () => {
  let running: Running;
  let keys: string;
  let port: number;
  let webSocketPort: number;
  let admin: NatsConnection;
  let manager: JetStreamManager;
  let attacker: NatsConnection;
  const ca = (): string => join(keys, 'ca.crt');
  const seedOf = (role: string, name: string): string => readFileSync(join(keys, `${role}-${name}.nk`), 'utf8').trim();

  async function enter(seed: string | undefined, inbox: string): Promise<NatsConnection> {
    return connect({
      servers: `tls://127.0.0.1:${port}`,
      tls: { caFile: ca() },
      inboxPrefix: `_INBOX_${inbox}`,
      reconnect: false,
      timeout: 5000,
      ...(seed === undefined ? {} : { authenticator: nkeyAuthenticator(text(seed)) }),
    });
  }
  async function addAgent(name: string): Promise<string> {
    const file = join(running.dir, `${name}.nk`);
    await kaikuJson('keys', 'add', 'agent', name, '--out', file, '-c', running.config);
    return readFileSync(file, 'utf8').trim();
  }
  const stored = async (subject: string): Promise<number> => {
    const { state } = await manager.streams.info(STREAMS.data.name, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
  };
  const asPart = (role: string, name: string, url = `tls://127.0.0.1:${port}`): Promise<Broker> =>
    Broker.connect({
      url,
      name: `${role} ${name}`,
      seedFile: role === 'agent' ? join(running.dir, `${name}.nk`) : join(keys, `${role}-${name}.nk`),
      caFile: ca(),
      inboxPrefix: `_INBOX_${role}-${name}`,
      log,
    });

  beforeAll(async () => {
    const dir = await tempDir('security');
    const config = join(dir.path, 'kaiku.yaml');
    const made = await kaiku('init', dir.path);
    expect(made.code).toBe(0);
    keys = join(dir.path, 'keys');
    [port, webSocketPort] = [await freePort(), await freePort()];
    const yaml = readFileSync(config, 'utf8')
      .replaceAll(':14222', `:${port}`)
      .replace('  # websocket: 0.0.0.0:443', `  websocket: 127.0.0.1:${webSocketPort}`);
    writeFileSync(config, yaml);
    running = startSupervisor(dir, config, join(dir.path, 'kaiku-data'), ['up', '-c', config, '--roles', 'broker']);
    await waitFor(() => running.output().includes('catalog published'), READY_MS, 'the broker and its catalog');
    const [a] = [await addAgent('agent-a'), await addAgent('agent-b')];
    admin = await enter(seedOf('admin', 'cli'), 'admin-cli');
    manager = await jetstreamManager(admin);
    const logger = await asPart('logger', 'logger-1');
    await logger.ensureStreams();
    await logger.close();
    attacker = await enter(a, 'agent-agent-a');
  }, 120_000);
  afterAll(async () => {
    await attacker?.close();
    await admin?.close();
    expect(await running?.stop()).toBe(0);
  });

  test('nobody comes in without a key, with a foreign key, or without TLS', async () => {
    await expect(enter(undefined, 'x')).rejects.toThrow(/authorization/i);
    const foreign = new TextDecoder().decode(nkeys.createUser().getSeed());
    await expect(enter(foreign, 'x')).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: `127.0.0.1:${port}`, tls: null, reconnect: false, timeout: 5000 })).rejects.toThrow(
      /tls|secure|authorization|closed/i,
    );
    await expect(connect({ servers: `tls://127.0.0.1:${port}`, reconnect: false, timeout: 5000 })).rejects.toThrow(
      /certificate|self.signed|unable/i,
    );
  });

  test('a removed key is of no use any more, its connection ends, and nobody else notices', async () => {
    const heard = attacker.subscribe(subjects.command('agent-a'), {
      callback: (_, message) => void message.respond('still here'),
    });
    await attacker.flush();
    const seed = await addAgent('agent-gone');
    const connection = await enter(seed, 'agent-agent-gone');
    await kaikuJson('keys', 'remove', 'agent', 'agent-gone', '-c', running.config);
    await connection.closed();
    await expect(enter(seed, 'agent-agent-gone')).rejects.toThrow(/authorization/i);
    expect([attacker.isClosed(), admin.isClosed()]).toEqual([false, false]);
    const answer = await admin.request(subjects.command('agent-a'), '', { timeout: 5000 });
    expect(answer.string()).toBe('still here');
    heard.unsubscribe();
  });

  test('an agent’s own batch is stored, and confirmed', async () => {
    const before = await stored(subjects.data('agent-a'));
    const confirmed = await attacker.request(subjects.data('agent-a'), text('batch'), { timeout: 5000 });
    expect(confirmed.json()).toMatchObject({ stream: STREAMS.data.name });
    expect(await stored(subjects.data('agent-a'))).toBe(before + 1);
  });

  test.each([
    subjects.data('agent-b'),
    subjects.backlog('agent-b'),
    subjects.replay('logger-1', 'agent-b'),
    subjects.inventory('agent-b'),
    subjects.claim('agent-b'),
    subjects.config('agent-b'),
    subjects.command('agent-b'),
    subjects.ack('logger-1', 'agent-a'),
    subjects.health('agent', 'agent-b'),
    subjects.health('logger', 'logger-1'),
    subjects.loggerCommand('logger-1'),
    subjects.alarm(0),
    `$KV.${BUCKETS.catalog}.current`,
    `$JS.API.STREAM.PURGE.${STREAMS.data.name}`,
    `$JS.API.STREAM.DELETE.${STREAMS.data.name}`,
    `$JS.API.STREAM.MSG.GET.${STREAMS.data.name}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${STREAMS.data.name}.mine`,
    `$JS.ACK.${STREAMS.data.name}.logger-1.1.1.1.1.0`,
    '$SYS.REQ.SERVER.PING',
  ])('an agent may not publish %s', async (subject) => {
    await expect(attacker.request(subject, text('{}'), { timeout: 5000 })).rejects.toThrow(/permissions violation/i);
  });

  test.each([
    '>',
    subjects.data('*'),
    subjects.replay('*', '*'),
    subjects.inventoryAll,
    subjects.healthAll,
    subjects.ackAll,
    subjects.acksOf('agent-b'),
    subjects.command('agent-b'),
    subjects.configAll,
    '_INBOX_logger-logger-1.>',
    '_INBOX_agent-agent-b.>',
    '_R_.>',
  ])('an agent may not listen to %s', async (subject) => {
    const heard = await new Promise<string>((done) => {
      attacker.subscribe(subject, { callback: (error) => done(error === null ? 'heard something' : error.message) });
    });
    expect(heard).toMatch(/permissions violation/i);
  });

  test('an agent cannot have the server act for it by naming a subject for the answer', async () => {
    const own = subjects.data('agent-a');
    const [mine, others] = [await stored(own), await stored(subjects.data('agent-b'))];
    const heard: string[] = [];
    const listening = admin.subscribe(subjects.command('agent-b'), {
      callback: (_, { subject }) => void heard.push(subject),
    });
    const catalog = await manager.streams.getMessage(`KV_${BUCKETS.catalog}`, {
      last_by_subj: `$KV.${BUCKETS.catalog}.current`,
    });
    const replies = [
      `$JS.API.STREAM.PURGE.${STREAMS.data.name}`,
      `$JS.API.STREAM.DELETE.${STREAMS.data.name}`,
      `$KV.${BUCKETS.catalog}.current`,
      subjects.data('agent-b'),
      subjects.command('agent-b'),
    ];
    for (const reply of replies) attacker.publish(own, text('batch'), { reply });
    await attacker.flush();
    await waitFor(async () => (await stored(own)) === mine + replies.length, 60_000, 'its own batches to be stored');
    // What the server does on its own account is done by the time it confirms the next one.
    await attacker.request(own, text('batch'), { timeout: 5000 });
    await admin.flush();
    expect(await stored(subjects.data('agent-b'))).toBe(others);
    expect(heard).toEqual([]);
    const now = await manager.streams.getMessage(`KV_${BUCKETS.catalog}`, {
      last_by_subj: `$KV.${BUCKETS.catalog}.current`,
    });
    expect(now?.seq).toBe(catalog?.seq);
    listening.unsubscribe();
  });

  test('a message larger than any batch is refused', async () => {
    const agent = await asPart('agent', 'agent-a');
    await expect(agent.publishStored(subjects.data('agent-a'), new Uint8Array(9 * 1024 * 1024))).rejects.toMatchObject({
      retryable: false,
    });
    await agent.close();
  });

  test('an agent comes in over a WebSocket with TLS', async () => {
    const agent = await asPart('agent', 'agent-b', `wss://127.0.0.1:${webSocketPort}`);
    const before = await stored(subjects.data('agent-b'));
    await agent.publishStored(subjects.data('agent-b'), text('batch'));
    expect(await stored(subjects.data('agent-b'))).toBe(before + 1);
    await agent.close();
  });

  test('a logger reads, acknowledges, asks and answers; it cannot speak as an agent nor empty a stream', async () => {
    const [logger, agent] = [await asPart('logger', 'logger-1'), await asPart('agent', 'agent-b')];
    await agent.publishStored(subjects.data('agent-b'), text('for the logger'));
    const taken: string[] = [];
    await waitFor(
      async () => {
        for (const delivery of await logger.pull('data', 'logger-1', 64, 200)) {
          taken.push(delivery.subject);
          delivery.ack();
        }
        return taken.includes(subjects.data('agent-b'));
      },
      60_000,
      'the batch',
    );
    await waitFor(async () => (await logger.consumerLag('data', 'logger-1')) === 0, 60_000, 'all to be acknowledged');
    agent.subscribe(subjects.command('agent-b'), (_, __, reply) => reply?.(text('my digests')));
    logger.subscribe(subjects.configAll, (_, subject, reply) => reply?.(text(`plan by ${subject}`)), 'config');
    const answer = async (asker: Broker, subject: string): Promise<string> =>
      waitFor(
        async () => new TextDecoder().decode(await asker.request(subject, text(''), 1000)),
        60_000,
        `an answer on ${subject}`,
      );
    expect(await answer(logger, subjects.command('agent-b'))).toBe('my digests');
    expect(await answer(agent, subjects.config('agent-b'))).toBe('plan by kaiku.config.agent-b');
    const bucket = await logger.bucket(BUCKETS.claim);
    expect(await bucket.swap('agent-b', text('instance'), 0)).toBeGreaterThan(0);
    const raw = await enter(seedOf('logger', 'logger-1'), 'logger-logger-1');
    for (const subject of [
      subjects.data('agent-b'),
      subjects.health('agent', 'agent-b'),
      `$JS.API.STREAM.PURGE.${STREAMS.data.name}`,
      `$JS.API.CONSUMER.DELETE.${STREAMS.data.name}.logger-2`,
      `$KV.${BUCKETS.catalog}.current`,
    ]) {
      await expect(raw.request(subject, text('{}'), { timeout: 5000 })).rejects.toThrow(/permissions violation/i);
    }
    await Promise.all([raw.close(), logger.close(), agent.close()]);
  });
});
