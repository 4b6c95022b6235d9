/** All rows by group, and running a group: one cluster, its rows one after another. */
import { tempDir } from '../servers/places.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { runRow, type Prepared, type RowGroup, type RowResult } from './row.ts';
import { AGENT_ROWS } from './rows/agent.ts';
import { CROWD_ROWS, HALF_ROWS, MIXED_ROWS } from './rows/all.ts';
import { BROKER_ROWS, FULL_BROKER_ROWS } from './rows/broker.ts';
import { LOGGER_ROWS } from './rows/logger.ts';
import { NETWORK_ROWS, THIN_LINE_ROWS } from './rows/network.ts';
import { STORE_POWER_ROWS, STORE_ROWS } from './rows/store.ts';

/** Every group; those of one part share a test file. */
export function faultGroups(root: string): Readonly<Record<string, readonly RowGroup[]>> {
  return {
    agent: [AGENT_ROWS],
    network: [NETWORK_ROWS, THIN_LINE_ROWS],
    broker: [BROKER_ROWS, FULL_BROKER_ROWS],
    logger: [LOGGER_ROWS],
    store: [STORE_ROWS, STORE_POWER_ROWS],
    all: [HALF_ROWS, CROWD_ROWS, MIXED_ROWS(root)],
  };
}

export interface GroupRun {
  readonly root: string;
  readonly basePort: number;
  /** Only these rows. */
  readonly rows?: ReadonlySet<number>;
  readonly onResult: (result: RowResult) => void;
  readonly signal?: AbortSignal;
}

/** Loggers that wait shorter and audit sooner than an installation's: a row is to take seconds. */
const HURRIED = 'repair: { settleMs: 4000 }, audit: { recentEveryMs: 10000 }';

/** A group's cluster with all it stands on; `stop` takes everything away. */
export async function prepareGroup(group: RowGroup, root: string, basePort: number): Promise<Cluster> {
  const folder = await tempDir('fault-group');
  const { remove, ...prepared }: Prepared = (await group.prepare?.(folder.path, root)) ?? { remove: () => undefined };
  const clear = async (): Promise<void> => {
    remove();
    await folder.remove();
  };
  try {
    // Another version's loggers may not know these words.
    const entries = prepared.trees === undefined ? { 'logger-1': HURRIED, 'logger-2': HURRIED } : {};
    const cluster = await startCluster({ root, basePort, entries, ...group.options, ...prepared });
    return {
      ...cluster,
      stop: async () => {
        await cluster.stop();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Runs a group's rows on a cluster of its own. */
export async function runGroup(group: RowGroup, { root, basePort, rows, onResult, signal }: GroupRun): Promise<void> {
  const wanted = group.rows.filter(({ number }) => rows === undefined || rows.has(number));
  if (wanted.length === 0) return;
  const cluster = await prepareGroup(group, root, basePort);
  try {
    for (const row of wanted) {
      if (signal?.aborted === true) return;
      onResult(await runRow(row, cluster));
    }
  } finally {
    await cluster.stop();
  }
}
