/**
 * A generating agent made of another version's parts: `node previous-agent.ts --root TREE --config kaiku.yaml
 * --name agent-x --account FILE --series N --every MS`. It writes the same account as the present generating
 * agent does, so that versions can be mixed under one checker. TREE is a checkout whose agent offers
 * `openBuffer`, `createPublisher` and `createBrokerLink` as in the version before.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Broker, Log, Metrics, Part } from '@kaiku/core';
import { agentId, seriesId, seriesRows, type TableRows } from '@kaiku/protocol';
import { knownSeries, knownValue } from './known.ts';

interface Buffer_ {
  seal(
    tables: readonly TableRows[],
    meta: {
      firstMs: number;
      lastMs: number;
      missedSlots: number;
      clock: { offsetMs: number | null; monotonicMs: number };
    },
  ): { readonly epoch: number; readonly seq: number };
  close(): void;
}

interface PreviousAgent {
  openBuffer(options: { dir: string; agent: string; maxDays: number; maxDiskPercent: number }): Buffer_;
  createPublisher(options: {
    agent: string;
    buffer: Buffer_;
    config: unknown;
    log: Log;
    metrics: Metrics;
  }): Part & { attach(broker: Broker): void };
  createBrokerLink(url: string, name: string, log: Log, onConnect: (broker: Broker) => void): Part;
}

interface PreviousCore {
  createLog(options: { role: string; name: string; level: 'warn' }): Log;
  createMetrics(): Metrics;
  loadInstallation(file: string): { readonly dataDir: string; readonly broker: { readonly url: string } };
  runUntilSignal(parts: readonly Part[], log: Log): Promise<void>;
}

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: '' },
    config: { type: 'string', default: '' },
    name: { type: 'string', default: '' },
    account: { type: 'string', default: '' },
    series: { type: 'string', default: '20' },
    every: { type: 'string', default: '500' },
  },
});

const load = async (path: string): Promise<unknown> => import(pathToFileURL(join(values.root, 'packages', path)).href);
const core = (await load('core/src/index.ts')) as PreviousCore;
const agent = Object.assign(
  {},
  await load('agent/src/buffer/agent-buffer.ts'),
  await load('agent/src/publish/publisher.ts'),
  await load('agent/src/publish/broker-link.ts'),
) as PreviousAgent;

const { name, account } = values;
const [series, everyMs] = [Number(values.series), Number(values.every)];
const installation = core.loadInstallation(values.config);
const log = core.createLog({ role: 'agent', name, level: 'warn' });
const metrics = core.createMetrics();
const dir = join(installation.dataDir, 'agent', name);
mkdirSync(dir, { recursive: true });
const buffer = agent.openBuffer({ dir: join(dir, 'buffer'), agent: name, maxDays: 90, maxDiskPercent: 20 });
const publisher = agent.createPublisher({
  agent: name,
  buffer,
  config: { liveInFlight: 16, backlogInFlight: 4, backlogBytesPerSecond: 16 * 1024 * 1024 },
  log,
  metrics,
});
const link = agent.createBrokerLink(installation.broker.url, `agent ${name}`, log, (broker) => {
  publisher.attach(broker);
});

const names = Array.from({ length: series }, (_, index) => knownSeries(name, index));
const ids = names.map((each) => seriesId(each));
const me = agentId(name);
let described = false;
let last = Math.floor(Date.now() / everyMs);

/** Rows of one tick: gauges in one table, counters in the other. */
function tablesOf(tick: number): TableRows[] {
  const tsMs = BigInt(tick * everyMs);
  const of = (kind: 'gauge' | 'counter'): number[] =>
    names.flatMap((each, index) => (each.kind === kind ? [index] : []));
  const [gauges, counters] = [of('gauge'), of('counter')];
  const idsOf = (indexes: readonly number[]): BigUint64Array =>
    BigUint64Array.from(indexes, (index) => ids[index] ?? 0n);
  const out: TableRows[] = [
    {
      table: 'gauge',
      rows: gauges.length,
      data: [
        idsOf(gauges),
        new BigInt64Array(gauges.length).fill(tsMs),
        new BigUint64Array(gauges.length).fill(me),
        Float64Array.from(gauges, (index) => knownValue(name, index, tick)),
        new Uint8Array(gauges.length),
      ],
    },
    {
      table: 'counter',
      rows: counters.length,
      data: [
        idsOf(counters),
        new BigInt64Array(counters.length).fill(tsMs),
        new BigUint64Array(counters.length).fill(me),
        BigUint64Array.from(counters, (index) => BigInt(knownValue(name, index, tick))),
        new Uint32Array(counters.length).fill(everyMs),
        new Uint8Array(counters.length),
      ],
    },
  ];
  if (!described) out.push(seriesRows(names, tick * everyMs));
  described = true;
  return out.filter(({ rows }) => rows > 0);
}

const timer = setInterval(() => {
  const tick = Math.floor(Date.now() / everyMs);
  if (tick <= last) return;
  last = tick;
  const meta = { firstMs: tick * everyMs, lastMs: tick * everyMs, missedSlots: 0 };
  try {
    const clock = { offsetMs: null, monotonicMs: performance.now() };
    const { epoch, seq } = buffer.seal(tablesOf(tick), { ...meta, clock });
    appendFileSync(account, `${epoch} ${seq} ${tick} ${series}\n`);
  } catch (error) {
    // A disk that refuses: the tick was never sealed, so nobody owes it.
    log.warn({ err: error }, 'not sealed');
  }
}, 20);

await core.runUntilSignal(
  [
    {
      name: 'buffer',
      start: () => Promise.resolve(),
      stop: () => {
        clearInterval(timer);
        buffer.close();
        return Promise.resolve();
      },
    },
    link,
    publisher,
  ],
  log,
);
