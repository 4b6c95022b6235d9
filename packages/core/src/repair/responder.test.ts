/** The responder over a real nats-server: inventories, audits, replays to several loggers, and what it ignores. */
import {
  auditAnswerSchema,
  decode,
  digestOf,
  encode,
  HOUR_MS,
  inventoryMessageSchema,
  LIST_BYTES,
  listAnswerSchema,
  openBundle,
  subjects,
  type CommandMessage,
  type InventoryMessage,
  type RangeSet,
} from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Broker } from '../broker/broker.ts';
import { createMetrics, type Metrics } from '../report/metrics.ts';
import { createLog } from '../run/log.ts';
import { startNats, until, type TestNats } from '../testing/index.ts';
import type { BatchSource } from './batch-source.ts';
import { Pace } from './pace.ts';
import { createResponder, type Responder } from './responder.ts';
import { Uplink } from './uplink.ts';

const AGENT = 'agent-a';
const EPOCH = 1_700_000_000_000;
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const bytesOf = (seq: number): Uint8Array => new TextEncoder().encode(`batch ${seq}`);
const hashOf = (seq: number): string => seq.toString(16).padStart(64, 'a');

let nats: TestNats;
let broker: Broker;
let metrics: Metrics;
let responder: Responder;
let busy: boolean;
let held: RangeSet;
let lacking: string[];
let inventories: InventoryMessage[];

const source: BatchSource = {
  agent: AGENT,
  instance: '0123456789abcdef',
  epoch: EPOCH,
  inventory: () => [
    {
      epoch: EPOCH,
      from: 1,
      to: 100,
      held: held.map(([from, to]): [number, number] => [from, to]),
      waiting: [],
      lost: [],
    },
  ],
  read: (epoch, seq) => (epoch === EPOCH && seq !== 13 ? bytesOf(seq) : undefined),
  audit: (_, fromMs) => [{ hourMs: fromMs, batches: 2, digest: digestOf([hashOf(1), hashOf(2)]) }],
  list: () => Array.from({ length: 20_000 }, (_, at) => ({ seq: at + 1, sha256: hashOf(at + 1) })),
  lacks: (logger, epoch, ranges) => void lacking.push(`${logger} ${epoch} ${JSON.stringify(ranges)}`),
};

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
  metrics = createMetrics();
  busy = false;
  held = [[1, 100]];
  lacking = [];
  inventories = [];
  broker.subscribe(subjects.inventoryAll, (bytes) => {
    const message = decode(inventoryMessageSchema, bytes);
    if (message !== undefined) inventories.push(message);
  });
  const uplink = new Uplink({ log, metrics });
  const pace = new Pace(50_000_000, performance.now());
  responder = createResponder({ source, uplink, pace, busy: () => busy, metrics, log });
  await responder.start();
  uplink.attach(broker);
  responder.attach(broker);
});
afterEach(async () => {
  await responder.stop();
  await broker.close();
});

const command = (message: CommandMessage): void => broker.publish(subjects.command(AGENT), encode(message));
const replay = (logger: string, ranges: [number, number][]): void =>
  command({ v: 1, command: 'replay', logger, wanted: [{ epoch: EPOCH, ranges }] });

/** Sequence numbers that came for a logger, in order. */
async function pulled(logger: string, enough: (seqs: readonly number[]) => boolean): Promise<readonly number[]> {
  const seqs: number[] = [];
  await until(
    `batches for ${logger}`,
    async () => {
      for (const delivery of await broker.pull('replay', logger, 100, 50).catch(() => [])) {
        seqs.push(Number(new TextDecoder().decode(delivery.bytes).split(' ')[1]));
        delivery.ack();
      }
      return enough(seqs);
    },
    15_000,
  );
  return seqs;
}

test('an inventory at the connection, when asked, after news, and of news in an outage afterwards', async () => {
  await until('the first', () => inventories.length === 1);
  expect(inventories[0]).toMatchObject({ agent: AGENT, instance: source.instance, epoch: EPOCH, complete: true });
  command({ v: 1, command: 'inventory' });
  await until('the asked for', () => inventories.length === 2);
  responder.announce();
  responder.announce();
  await until('the announced', () => inventories.length === 3);
  await nats.kill();
  await until('noticed', () => !broker.connected);
  responder.announce();
  await nats.start();
  await until('one after the connection', () => inventories.length === 4, 15_000);
});

test('what is lacked comes to the logger that asked, newest first; what is gone is left out', async () => {
  replay('logger-1', [
    [10, 20],
    [99, 400],
  ]);
  const seqs = await pulled('logger-1', (all) => all.length >= 12);
  expect(seqs.toSorted((a, b) => b - a)).toEqual([100, 99, 20, 19, 18, 17, 16, 15, 14, 12, 11, 10]);
  expect(seqs[0]).toBeGreaterThan(20);
  expect(lacking).toEqual([`logger-1 ${EPOCH} [[10,20],[99,400]]`]);
  expect(metrics.figures()['replayedBatches']).toBe(12);
});

test('two loggers are served together; a repeated request sends nothing twice', async () => {
  replay('logger-1', [[1, 50]]);
  replay('logger-2', [[30, 60]]);
  replay('logger-1', [[1, 50]]);
  const [first, second] = [
    await pulled('logger-1', (all) => all.length >= 49),
    await pulled('logger-2', (all) => all.length >= 31),
  ];
  replay('logger-1', [[1, 50]]);
  await until('heard', () => metrics.figures()['replayRequests'] === 4);
  expect([first.length, second.length]).toEqual([49, 31]);
  expect(metrics.figures()['replayedBatches']).toBe(80);
});

test('bundles for the logger that reads them, single batches for the other', async () => {
  command({
    v: 1,
    command: 'replay',
    logger: 'logger-1',
    wanted: [{ epoch: EPOCH, ranges: [[1, 100]] }],
    bundles: true,
  });
  replay('logger-2', [[1, 100]]);
  const messages: (readonly string[])[] = [];
  await until('all for logger-1', async () => {
    for (const delivery of await broker.pull('replay', 'logger-1', 100, 50).catch(() => [])) {
      const opened = openBundle(delivery.bytes);
      const parts = opened.ok ? opened.envelopes : [delivery.bytes];
      messages.push(parts.map((bytes) => new TextDecoder().decode(bytes)));
      delivery.ack();
    }
    return messages.flat().length >= 99;
  });
  expect(messages.length).toBeLessThan(10);
  const all = Array.from({ length: 100 }, (_, at) => `batch ${100 - at}`).filter((name) => name !== 'batch 13');
  expect(messages.flat().toSorted()).toEqual(all.toSorted());
  expect((await pulled('logger-2', (seqs) => seqs.length >= 99)).toSorted((a, b) => a - b)).not.toContain(Number.NaN);
  expect(metrics.figures()['replayedBatches']).toBe(198);
});

test('live data first: nothing is replayed while busy', async () => {
  busy = true;
  replay('logger-1', [[1, 5]]);
  await until('heard', () => metrics.figures()['replayWaiting'] === 5);
  expect(metrics.figures()['replayedBatches']).toBeUndefined();
  busy = false;
  expect((await pulled('logger-1', (all) => all.length >= 5)).length).toBe(5);
});

test('a broker that is wiped in between: what is asked for again comes again', async () => {
  replay('logger-1', [[1, 5]]);
  await until('sent', () => metrics.figures()['replayedBatches'] === 5);
  await nats.kill();
  nats.wipe();
  await nats.start();
  await until('reconnected', () => broker.connected, 15_000);
  // It asks for others meanwhile, and later for these: at once, for it lacks them anew.
  replay('logger-1', [[7, 7]]);
  await until('heard', () => (metrics.figures()['replayRequests'] ?? 0) >= 2);
  replay('logger-1', [[1, 5]]);
  const seqs = await pulled('logger-1', (all) => [1, 2, 3, 4, 5].every((seq) => all.includes(seq)));
  expect(seqs).toEqual(expect.arrayContaining([5, 4, 3, 2, 1]));
});

test('audits and lists are answered; what it does not know is counted and ignored', async () => {
  const ask = (message: CommandMessage): Promise<Uint8Array> =>
    broker.request(subjects.command(AGENT), encode(message), 5000);
  const hourMs = EPOCH - (EPOCH % HOUR_MS);
  const audit = await ask({
    v: 1,
    command: 'audit',
    logger: 'logger-1',
    epoch: EPOCH,
    fromMs: hourMs,
    toMs: hourMs + 1,
  });
  expect(decode(auditAnswerSchema, audit)).toEqual({
    v: 1,
    agent: AGENT,
    instance: source.instance,
    epoch: EPOCH,
    hours: [{ hourMs, batches: 2, digest: digestOf([hashOf(1), hashOf(2)]) }],
  });
  const list = decode(
    listAnswerSchema,
    await ask({ v: 1, command: 'list', logger: 'logger-1', epoch: EPOCH, hourMs }),
    LIST_BYTES,
  );
  expect(list?.batches.length).toBe(20_000);
  expect(list?.batches[6]).toEqual([7, hashOf(7).slice(0, 16)]);
  broker.publish(subjects.command(AGENT), new TextEncoder().encode('{"v":1,"command":"dance"}'));
  broker.publish(subjects.command(AGENT), new Uint8Array([1, 2, 3]));
  command({ v: 1, command: 'reload' });
  await until('counted', () => metrics.figures()['badCommands'] === 2);
});
