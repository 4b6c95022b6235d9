/** What is lost for good or was refused, as the store that answers tells it: each logger keeps its own account. */
import { LOSS_WORDS } from '@kaiku/protocol';
import type { Store } from '@kaiku/store';

export interface Loss {
  readonly kind: 'lost' | 'refused';
  /** When the logger learnt of it. */
  readonly atMs: number;
  readonly agent: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  /** In words. */
  readonly why: string;
}

export interface Losses {
  readonly store: string;
  /** Batches. */
  readonly lost: number;
  readonly refused: number;
  readonly newest: readonly Loss[];
}

const REFUSED_SQL = `SELECT agent, epoch, seq, reason, toUnixTimestamp64Milli(at) AS at_ms
  FROM quarantine FINAL ORDER BY at DESC LIMIT `;

/** @param limit rows of `newest` */
export async function readLosses(store: Store, limit: number): Promise<Losses> {
  const [gaps, refused, rows] = await Promise.all([
    store.audit.gaps(),
    store.ledger.quarantined(),
    store.query(`${REFUSED_SQL}${limit}`),
  ]);
  const lost = gaps.map(({ atMs, agent, epoch, from, to, reason }): Loss => ({
    kind: 'lost',
    atMs,
    agent,
    epoch,
    from,
    to,
    why: LOSS_WORDS[reason],
  }));
  const kept = rows.map((row): Loss => ({
    kind: 'refused',
    atMs: Number(row['at_ms']),
    agent: String(row['agent']),
    epoch: Number(row['epoch']),
    from: Number(row['seq']),
    to: Number(row['seq']),
    why: String(row['reason']),
  }));
  return {
    store: store.name,
    lost: lost.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    refused,
    newest: [...lost, ...kept].sort((a, b) => b.atMs - a.atMs).slice(0, limit),
  };
}
