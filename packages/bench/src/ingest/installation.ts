/** An installation for measuring: broker, store and logger running, an agent with a full buffer yet to start. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Broker, createLog } from '@kaiku/core';
import { openStore, type Store } from '@kaiku/store';
import { findBinary, freePort, startProcess, tempDir, type ServerProcess } from '@kaiku/testkit';
import { BenchError } from '../errors.ts';
import { GAUGE_SCALE, type Sums } from './fill-buffer.ts';
import { startRole } from './processes.ts';

const START_MS = 60_000;
export const AGENT = 'bench-agent';

export interface Installation {
  readonly processes: Record<'broker' | 'store' | 'logger', ServerProcess> & { agent?: ServerProcess };
  readonly store: Store;
  readonly broker: Broker;
  /** A statement that writes, straight over HTTP. */
  readonly statement: (sql: string) => Promise<void>;
  readonly startAgent: () => Promise<ServerProcess>;
  readonly close: () => Promise<void>;
}

/** @param buffer folder that `fillBuffer` has filled; it is copied */
export async function startInstallation(buffer: string): Promise<Installation> {
  const natsServer = findBinary('nats-server');
  if (natsServer === undefined) {
    throw new BenchError('there is no nats-server', { hint: 'apt-get install nats-server' });
  }
  const folder = await tempDir('bench-ingest');
  const [nats, listen] = [await freePort(), `127.0.0.1:${await freePort()}`];
  const started: ServerProcess[] = [];
  const keep = async (starting: Promise<ServerProcess>): Promise<ServerProcess> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  const store = openStore({
    name: 'bench-store',
    url: `http://${listen}`,
    user: 'kaiku',
    password: '',
    database: 'kaiku',
  });
  let link: Broker | undefined;
  const close = async (): Promise<void> => {
    await link?.close();
    await store.close();
    for (const server of started.toReversed()) await server.stop();
    await folder.remove();
  };
  try {
    const config = join(folder.path, 'kaiku.yaml');
    await writeFile(
      config,
      `version: 1
installation: Bench
dataDir: data
logLevel: warn
broker: { url: nats://127.0.0.1:${nats} }
stores: [{ name: bench-store, listen: ${listen} }]
loggers: [{ name: bench-logger, store: bench-store }]
agents: [{ name: ${AGENT}, buffer: { maxDays: 3660, maxDiskPercent: 90 } }]
`,
    );
    const agentFolder = join(folder.path, 'data', 'agent', AGENT);
    await mkdir(agentFolder, { recursive: true });
    await cp(buffer, join(agentFolder, 'buffer'), { recursive: true });
    const natsConfig = join(folder.path, 'nats.conf');
    await writeFile(
      natsConfig,
      `listen: "127.0.0.1:${nats}"\nmax_payload: 8MB\njetstream { store_dir: ${JSON.stringify(join(folder.path, 'js'))}, max_file_store: 64GB }\n`,
    );
    const broker = await keep(
      startProcess({
        binary: natsServer,
        arguments: ['-c', natsConfig],
        ready: () => true,
        readyMs: START_MS,
        what: 'nats-server',
      }),
    );
    const storeProcess = await keep(startRole('store', { config, name: 'bench-store' }, () => store.ping()));
    const log = createLog({ role: 'bench', name: 'bench', level: 'fatal' });
    link = await Broker.connect({ url: `nats://127.0.0.1:${nats}`, name: 'bench', log });
    const ready = new Set<string>();
    const health = link.subscribe('kaiku.health.logger.>', (bytes) => {
      if (Buffer.from(bytes).includes('"ready":true')) ready.add('logger');
    });
    const logger = await keep(startRole('logger', { config, name: 'bench-logger' }, () => ready.has('logger')));
    health.stop();
    const processes: Installation['processes'] = { broker, store: storeProcess, logger };
    const startAgent = async (): Promise<ServerProcess> => {
      processes.agent = await keep(startRole('agent', { config, name: AGENT }));
      return processes.agent;
    };
    const statement = async (sql: string): Promise<void> => {
      const answer = await fetch(`http://${listen}/?database=kaiku`, {
        method: 'POST',
        headers: { 'X-ClickHouse-User': 'kaiku' },
        body: sql,
      });
      const text = await answer.text();
      if (!answer.ok) throw new BenchError(`the store refused "${sql}": ${text}`);
    };
    return { processes, store, broker: link, statement, startAgent, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Rows of samples before `untilMs`: the agent also measures itself. What both tables hold is counted first, which
 * costs nothing; rows that came twice are counted twice until they are merged.
 */
export async function countRows(store: Store, expected: number, untilMs: number): Promise<number> {
  const rows = async (where: string): Promise<number> => {
    const [row] = await store.query(
      `SELECT (SELECT count() FROM gauge ${where}) + (SELECT count() FROM counter ${where}) AS n`,
      {},
    );
    return Number(row?.['n']);
  };
  const all = await rows('');
  return all < expected ? all : rows(before(untilMs));
}

const before = (ms: number): string => `WHERE ts < fromUnixTimestamp64Milli(toInt64(${ms}))`;

/** @throws BenchError when the store does not hold exactly what was sealed */
export async function checkSums(store: Store, expected: Sums, untilMs: number): Promise<void> {
  const [gauge] = await store.query(
    `SELECT count() AS n, toString(sum(toInt128(round(value * ${GAUGE_SCALE})))) AS s FROM gauge FINAL ${before(untilMs)}`,
    {},
  );
  const [counter] = await store.query(
    `SELECT count() AS n, toString(sum(toUInt128(value))) AS s FROM counter FINAL ${before(untilMs)}`,
    {},
  );
  const found = [gauge?.['n'], gauge?.['s'], counter?.['n'], counter?.['s']].map(String).join(' ');
  const wanted = [expected.gauges, expected.gaugeSum, expected.counters, expected.counterSum].map(String).join(' ');
  if (found !== wanted) throw new BenchError(`the store holds ${found} (counts and sums), not ${wanted}`);
}
