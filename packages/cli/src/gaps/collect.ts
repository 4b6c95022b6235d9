/** What every store says is lost for good or refused: each logger keeps its own account, so each store is asked. */
import { describeError } from '@kaiku/core';
import { openStore, type GapRow, type Store } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import type { CheckedInstallation } from '../config/installation-check.ts';

export interface RefusedBatch {
  readonly agent: string;
  readonly epoch: number;
  readonly seq: number;
  readonly reason: string;
  readonly atMs: number;
  /** Bytes kept of it. */
  readonly bytes: number;
}

export interface StoreGaps {
  readonly store: string;
  /** Why it could not be asked. */
  readonly problem: string | undefined;
  readonly gaps: readonly GapRow[];
  readonly refused: readonly RefusedBatch[];
}

/** What a reason means, in words for a person. */
const REFUSED_SQL = `SELECT agent, epoch, seq, reason, toUnixTimestamp64Milli(at) AS at_ms,
  intDiv(length(body_base64) * 3, 4) AS bytes FROM quarantine FINAL ORDER BY at DESC LIMIT `;

export async function collectGaps({ installation }: CheckedInstallation, limit: number): Promise<readonly StoreGaps[]> {
  const stores = storeAddresses(installation).map((address) => openStore(address));
  try {
    return await Promise.all(stores.map((store) => ask(store, limit)));
  } finally {
    await Promise.all(stores.map((store) => store.close().catch(() => undefined)));
  }
}

async function ask(store: Store, limit: number): Promise<StoreGaps> {
  try {
    const [gaps, refused] = await Promise.all([store.audit.gaps(), store.query(`${REFUSED_SQL}${limit}`)]);
    return {
      store: store.name,
      problem: undefined,
      gaps: gaps.toSorted((a, b) => b.atMs - a.atMs).slice(0, limit),
      refused: refused.map((row) => ({
        agent: String(row['agent']),
        epoch: Number(row['epoch']),
        seq: Number(row['seq']),
        reason: String(row['reason']),
        atMs: Number(row['at_ms']),
        bytes: Number(row['bytes']),
      })),
    };
  } catch (error) {
    const problem = describeError(error).split('\n')[0] ?? 'does not answer';
    return { store: store.name, problem, gaps: [], refused: [] };
  }
}
