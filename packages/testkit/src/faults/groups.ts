/**
 * All rows by group, and running them: a group has a cluster of its own and its rows go one after another; groups
 * stand in lanes that run side by side, for a row mostly waits.
 */
import { tempDir } from '../servers/places.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { runRow, type Prepared, type RowGroup, type RowResult } from './row.ts';
import { AGENT_ROWS, COPY_ROWS } from './rows/agent.ts';
import { CROWD_ROWS, HALF_ROWS, MIXED_ROWS } from './rows/all.ts';
import { BROKER_ROWS, FULL_BROKER_ROWS } from './rows/broker.ts';
import { LOGGER_ROWS } from './rows/logger.ts';
import { NETWORK_ROWS, THIN_LINE_ROWS } from './rows/network.ts';
import { PASSIVE_ROWS } from './rows/passive.ts';
import { STORE_POWER_ROWS, STORE_ROWS } from './rows/store.ts';

/**
 * Every group, in lanes of about the same length: what mostly waits (a thin line, a consumer made anew, a claim that
 * runs out) beside what keeps the machine busy. Two cores bear four clusters.
 */
export function faultLanes(root: string): readonly (readonly RowGroup[])[] {
  return [
    [AGENT_ROWS, STORE_POWER_ROWS],
    [BROKER_ROWS, FULL_BROKER_ROWS, HALF_ROWS, MIXED_ROWS(root)],
    [NETWORK_ROWS, THIN_LINE_ROWS, PASSIVE_ROWS, CROWD_ROWS],
    [STORE_ROWS, COPY_ROWS, LOGGER_ROWS],
  ];
}

/** A lane's share of the hundred ports. */
const LANE_PORTS = 24;

export const lanePort = (basePort: number, lane: number): number => basePort + lane * LANE_PORTS;

export interface RowsRun {
  readonly root: string;
  readonly basePort: number;
  /** Only these rows. */
  readonly rows?: ReadonlySet<number>;
  /** Only groups of this part. */
  readonly part?: string;
  readonly onResult: (result: RowResult) => void;
  readonly signal?: AbortSignal;
}

/** Loggers that wait shorter and audit sooner than an installation's: a row is to take seconds. */
const HURRIED = 'repair: { settleMs: 2000 }, audit: { recentEveryMs: 3000 }';

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

/** Runs the rows that are wanted, lanes side by side. Answers when all have ended. */
export async function runRows({ root, basePort, rows, part, onResult, signal }: RowsRun): Promise<void> {
  const ended = (): boolean => signal?.aborted === true;
  const lanes = faultLanes(root).map(async (groups, lane) => {
    for (const group of groups) {
      if (part !== undefined && group.part !== part) continue;
      const wanted = group.rows.filter(({ number }) => rows === undefined || rows.has(number));
      if (wanted.length === 0 || ended()) continue;
      const cluster = await prepareGroup(group, root, lanePort(basePort, lane));
      try {
        for (const row of wanted) {
          if (ended()) break;
          onResult(await runRow(row, cluster));
        }
      } finally {
        await cluster.stop();
      }
    }
  });
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
