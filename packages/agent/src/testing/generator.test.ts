/** The agent that keeps an account: killed at random, its account is exactly what arrives, and the values are the known ones. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Broker, createLog } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { agentId, checkFrame, openBatch, type OpenedBatch } from '@kaiku/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountText, expectedOfTick, parseAccount, type AccountLine } from './known-samples.ts';

const RUNNER = fileURLToPath(new URL('generator-agent.ts', import.meta.url));
const AGENT = 'agent-x';
const SERIES = 50;
const EVERY_MS = 100;
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });

let dir: string;
let nats: TestNats;
let broker: Broker;
let agent: ChildProcess | undefined;
const batches = new Map<string, OpenedBatch>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-c-generator-'));
  nats = await startNats();
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  await broker.ensureStreams();
  const head = `version: 1\ninstallation: Test\ndataDir: data\nlogLevel: error\nbroker: { url: "${nats.url}" }\n`;
  writeFileSync(join(dir, 'kaiku.yaml'), `${head}agents: [{ name: ${AGENT} }]\n`);
}, 30_000);
afterAll(async () => {
  agent?.kill('SIGKILL');
  await broker.close();
  await nats.remove();
  rmSync(dir, { recursive: true, force: true });
});

function launch(...more: string[]): void {
  const args = ['--config', join(dir, 'kaiku.yaml'), '--name', AGENT, '--account', join(dir, 'account')];
  const rates = ['--series', String(SERIES), '--every', String(EVERY_MS)];
  agent = spawn(process.execPath, [RUNNER, ...args, ...rates, ...more], { stdio: ['ignore', 'ignore', 'inherit'] });
}
async function end(signal: NodeJS.Signals): Promise<void> {
  const ending = agent;
  if (ending === undefined) throw new Error('no agent runs');
  const gone = new Promise((done) => ending.once('exit', done));
  ending.kill(signal);
  await gone;
  agent = undefined;
}
const account = (): readonly AccountLine[] => {
  try {
    return parseAccount(readFileSync(join(dir, 'account'), 'utf8'));
  } catch {
    return [];
  }
};

async function pull(): Promise<void> {
  for (const lane of ['data', 'backlog'] as const) {
    for (const delivery of await broker.pull(lane, 'reader', 50, 20).catch(() => [])) {
      const batch = openBatch(delivery.bytes);
      if (!batch.ok) throw new Error(batch.reason);
      batches.set(`${batch.header.epoch}/${batch.header.seq}`, batch);
      delivery.ack();
    }
  }
}

/** Rows and sums of what a batch holds, read back from its bytes. */
function sums(batch: OpenedBatch): { gauges: number; counters: number; gaugeSum: number; counterSum: bigint } {
  const out = { gauges: 0, counters: 0, gaugeSum: 0, counterSum: 0n };
  for (const block of batch.blocks) {
    const check = checkFrame(block, agentId(AGENT));
    if (!check.ok) throw new Error(check.reason);
    if (block.table !== 'gauge' && block.table !== 'counter') continue;
    // The value column ends before the last one (gauge: 1 byte a row) or two (counter: 4 and 1).
    const view = Buffer.from(check.block);
    const at = view.indexOf(Buffer.from('value', 'latin1'));
    const type = view[at + 5] ?? 0;
    const start = at + 6 + type;
    for (let row = 0; row < block.rows; row += 1) {
      if (block.table === 'gauge') out.gaugeSum += view.readDoubleLE(start + row * 8);
      else out.counterSum += view.readBigUInt64LE(start + row * 8);
    }
    out[block.table === 'gauge' ? 'gauges' : 'counters'] += block.rows;
  }
  return out;
}

test('lines are written and read; one cut short is left out', () => {
  const line = { epoch: 1, seq: 2, tick: 3, rows: 4, slice: 0, slices: 1 };
  expect(accountText(line)).toBe('1 2 3 4\n');
  expect(parseAccount(`1 2 3 4\n1 3 3 4 5 6\n1 4 5`)).toEqual([line, { ...line, seq: 3, slice: 5, slices: 6 }]);
});

test('killed twice: every line arrives once, no tick twice, the values are known', async () => {
  launch('--backfill-hours', '0.002');
  await until('history and the first ticks', () => account().length > 75, 20_000);
  await end('SIGKILL');
  const before = account().length;
  launch();
  await until('more ticks', () => account().length > before + 5, 20_000);
  await end('SIGKILL');
  launch('--burst-ticks', '5', '--backfill-hours', '0.002');
  const between = account().length;
  await until('bursts', () => account().length > between + 10, 20_000);
  await end('SIGTERM');
  launch();
  const lines = (): string[] => account().map(({ epoch, seq }) => `${epoch}/${seq}`);
  await until(
    'all of it',
    async () => {
      await pull();
      return lines().every((key) => batches.has(key));
    },
    30_000,
  );
  await end('SIGTERM');
  await pull();
  const all = account();
  expect(new Set(lines()).size).toBe(all.length);
  expect(new Set(all.map(({ tick }) => tick)).size).toBe(all.length);
  for (const { epoch, seq, tick, rows } of all) {
    const batch = batches.get(`${epoch}/${seq}`);
    if (batch === undefined) continue;
    const found = sums(batch);
    expect(found).toEqual(expectedOfTick(AGENT, SERIES, tick));
    expect(found.gauges + found.counters).toBe(rows);
    expect(batch.header.firstMs).toBe(tick * EVERY_MS);
  }
}, 60_000);
