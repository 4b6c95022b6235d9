/**
 * Repair and audit against a real broker and a real engine: what was never published, what the store lost, what
 * its agent lost, and loggers killed while they mend it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, createLog } from '@kaiku/core';
import { freePort, startNats, until, type TestNats } from '@kaiku/core/testing';
import {
  agentId,
  auditReportSchema,
  countValues,
  decode,
  EMPTY_RANGES,
  encode,
  healthReportSchema,
  subjects,
  type AuditReport,
  type HealthReport,
  type RangeSet,
} from '@kaiku/protocol';
import { openStore, type Store } from '@kaiku/store';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startProgram, startService, type Child } from './testing/children.ts';
import type { CrashPoint } from './testing/crashing-logger.ts';
import { createSealer, type Sealer } from './testing/sealer.ts';

const NATS_PORT = await freePort();
const STORE_PORT = await freePort();
const STORE_URL = `http://127.0.0.1:${STORE_PORT}`;
const CRASHING = new URL('testing/crashing-logger.ts', import.meta.url);
const ROWS = 50;
const AUDIT_MS = 60_000;
/** Within what agents hold, in one closed hour. */
const FROM_MS = Math.floor(Date.now() / 3_600_000 - 3) * 3_600_000;

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
let folder: string;
let config: string;
let nats: TestNats;
let broker: Broker;
let store: Store;
let engine: Child;
let logger: Child | undefined;
let health: HealthReport | undefined;
const sealers: Sealer[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kaiku-repair-'));
  config = join(folder, 'kaiku.yaml');
  writeFileSync(
    config,
    `version: 1
installation: Test
dataDir: data
broker: { url: nats://127.0.0.1:${NATS_PORT} }
stores: [{ name: store-1, listen: 127.0.0.1:${STORE_PORT} }]
loggers:
  - name: logger-1
    store: store-1
    repair: { settleMs: 300 }
    audit: { recentEveryMs: 1000, fullEveryMs: 3600000 }
`,
  );
  nats = await startNats(NATS_PORT);
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  await broker.ensureStreams();
  broker.subscribe('kaiku.health.logger.logger-1', (bytes) => {
    health = decode(healthReportSchema, bytes);
  });
  store = openStore({ name: 'store-1', url: STORE_URL, user: 'kaiku', password: '', database: 'kaiku' });
  engine = startService('@kaiku/store/main', config, 'store-1');
  await until(`the engine answers: ${engine.tail()}`, () => store.ping(), 60_000);
  await store.migrate();
}, 120_000);

afterEach(async () => {
  await logger?.kill();
  logger = undefined;
  health = undefined;
  for (const each of sealers.splice(0)) await each.stop();
});

afterAll(async () => {
  await store.close();
  await engine.kill();
  await broker.close();
  await nats.remove();
  rmSync(folder, { recursive: true, force: true });
});

function startLogger(): void {
  logger = startService('@kaiku/logger/main', config, 'logger-1');
}

async function sealer(agent: string): Promise<Sealer> {
  const made = createSealer(agent, broker, log);
  sealers.push(made);
  await made.start();
  return made;
}

async function send(from: Sealer, seq: number, publish = true): Promise<void> {
  const { header, bytes } = from.seal({ seq, rows: ROWS, stepMs: 100, firstMs: FROM_MS + seq * 10_000 });
  if (publish) await broker.publishStored(subjects.data(header.agent), bytes);
}

async function rangesOf(agent: string): Promise<RangeSet> {
  return (await store.ledger.summaries()).find((summary) => summary.agent === agent)?.ranges ?? EMPTY_RANGES;
}

async function samplesOf(agent: string): Promise<number> {
  const [row] = await store.query(
    'SELECT toUInt32(uniqExact(series, ts)) AS samples FROM gauge WHERE agent = {agent:UInt64}',
    { agent: agentId(agent).toString() },
  );
  return Number(row?.['samples']);
}

/** A statement of an operator who should know better. */
async function damage(statement: string): Promise<void> {
  const answer = await fetch(`${STORE_URL}/?database=kaiku&user=kaiku&mutations_sync=1`, {
    method: 'POST',
    body: statement,
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function audit(): Promise<AuditReport> {
  const bytes = await broker.request(subjects.loggerCommand('logger-1'), encode({ v: 1, command: 'audit' }), AUDIT_MS);
  const report = decode(auditReportSchema, bytes);
  if (report === undefined) throw new Error('no report');
  return report;
}

const whole = (agent: string, count: number): Promise<void> =>
  until(
    `${agent} is whole: ${logger?.tail()}`,
    async () => countValues(await rangesOf(agent)) === count && (await samplesOf(agent)) === count * ROWS,
    60_000,
  );

describe('a hole is filled or recorded', () => {
  test('what was never published is asked for; what its agent lost is recorded with its reason', async () => {
    startLogger();
    const agent = await sealer('agent-holes');
    for (let seq = 1; seq <= 20; seq += 1) await send(agent, seq, seq % 4 !== 0);
    for (const seq of [3, 7, 9]) agent.lose(seq, 'damage');
    agent.lose(21, 'unwritten');
    agent.announce();
    await whole('agent-holes', 20);
    await until(
      'the loss is recorded',
      async () => (await store.audit.gaps()).some((gap) => gap.agent === 'agent-holes'),
      60_000,
    );
    // 3, 7 and 9 were published before they were lost: in the store, and so no gap.
    expect(await store.audit.gaps()).toMatchObject([{ from: 21, to: 21, reason: 'unwritten', epoch: 1 }]);
    await until(
      'no open gap',
      () => health?.figures['gapBatches'] === 0 && health.figures['lostBatches'] === 1,
      60_000,
    );
  }, 240_000);

  test('rows, then ledger rows, then everything is taken from the store: each is found and brought back', async () => {
    startLogger();
    const names = ['agent-rows', 'agent-ledger', 'agent-all'];
    const agents: Sealer[] = [];
    for (const name of names) {
      const agent = await sealer(name);
      for (let seq = 1; seq <= 30; seq += 1) await send(agent, seq);
      agents.push(agent);
    }
    for (const name of names) await whole(name, 30);
    await until(
      'the logger has heard of all',
      async () => {
        // Again and again, as agents do: who does not listen yet hears the next.
        for (const agent of agents) agent.announce();
        return (await audit()).sealedHours >= 3;
      },
      60_000,
    );
    expect(await audit()).toMatchObject({ differences: 0, doubted: 0, conflicts: 0, silent: [] });
    const differences = (): number => health?.figures['auditDifferences'] ?? 0;

    await damage(
      `ALTER TABLE gauge DELETE WHERE agent = ${agentId('agent-rows')} AND toUnixTimestamp64Milli(ts) % 300 = 0`,
    );
    expect(await samplesOf('agent-rows')).toBeLessThan(30 * ROWS);
    await until('the missing rows are noticed', () => differences() >= 1, 60_000);
    await whole('agent-rows', 30);

    await damage(`ALTER TABLE ledger DELETE WHERE agent = 'agent-ledger' AND seq % 3 = 0`);
    await until('the missing ledger rows are noticed', () => differences() >= 2, 60_000);
    await whole('agent-ledger', 30);
    expect(await audit()).toMatchObject({ differences: 0, doubted: 0 });

    for (const table of ['gauge', 'ledger', 'gap']) await damage(`TRUNCATE TABLE ${table}`);
    await whole('agent-all', 30);
  }, 300_000);

  test('an agent that holds another content under a key is a conflict, told once', async () => {
    startLogger();
    const agent = await sealer('agent-conflict');
    for (let seq = 1; seq <= 3; seq += 1) await send(agent, seq);
    await whole('agent-conflict', 3);
    const before = await store.ledger.quarantined();
    agent.seal({ seq: 2, rows: ROWS, stepMs: 100, firstMs: FROM_MS + 20_000, value: 99 });
    agent.announce();
    await until('the conflict is found', () => health?.figures['conflicts'] === 1, 60_000);
    expect(await audit()).toMatchObject({ conflicts: 0, differences: 0 });
    expect(await store.ledger.quarantined()).toBe(before + 1);
  }, 60_000);
});

describe('killed while it mends', () => {
  test.each<CrashPoint>(['insert', 'inserted', 'recorded', 'acknowledged'])(
    'at "%s" of a replayed batch: after a restart each is stored once',
    async (at) => {
      const agent = await sealer(`agent-${at}`);
      for (let seq = 1; seq <= 6; seq += 1) await send(agent, seq, false);
      agent.announce();
      const doomed = startProgram(CRASHING, [nats.url, STORE_URL, at]);
      const telling = setInterval(() => agent.announce(), 500);
      await until(`killed itself: ${doomed.tail()}`, () => doomed.process.signalCode === 'SIGKILL', 60_000);
      startLogger();
      await whole(agent.name.slice('sealer '.length), 6);
      clearInterval(telling);
    },
    240_000,
  );

  test('behind a recorded gap, and behind quarantine: recorded once, in quarantine, and the stream goes on', async () => {
    const agent = await sealer('agent-gap');
    agent.lose(1, 'space');
    await send(agent, 2);
    const telling = setInterval(() => agent.announce(), 500);
    const first = startProgram(CRASHING, [nats.url, STORE_URL, 'gap']);
    await until(`killed itself: ${first.tail()}`, () => first.process.signalCode === 'SIGKILL', 60_000);
    const before = await store.ledger.quarantined();
    await broker.publishStored(subjects.data('agent-gap'), Buffer.from('garbage'));
    const second = startProgram(CRASHING, [nats.url, STORE_URL, 'quarantined']);
    await until(`killed itself: ${second.tail()}`, () => second.process.signalCode === 'SIGKILL', 60_000);
    startLogger();
    await send(agent, 3);
    await until(`goes on: ${logger?.tail()}`, async () => countValues(await rangesOf('agent-gap')) === 2, 60_000);
    clearInterval(telling);
    const gaps = (await store.audit.gaps()).filter((gap) => gap.agent === 'agent-gap');
    expect(gaps).toMatchObject([{ from: 1, to: 1, reason: 'space' }]);
    // Killed behind the row: it comes again, and may be kept twice.
    const kept = (await store.ledger.quarantined()) - before;
    expect(kept).toBeGreaterThanOrEqual(1);
    expect(kept).toBeLessThanOrEqual(2);
  }, 240_000);
});
