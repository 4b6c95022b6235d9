/**
 * One group through the store, in the order on which everything rests:
 *
 *   decide → insert rows → write ledger rows → remember → acknowledge to broker and agents
 *
 * A crash between any two steps repeats work and changes nothing: the broker delivers again what was
 * not acknowledged, rows and ledger rows have an identity, and a batch found in the ledger is only
 * acknowledged again. Groups are committed one after another.
 */
import type { Delivery, Log, Metrics } from '@kaiku/core';
import type { LedgerRow } from '@kaiku/store';
import type { LoggerStore } from '../logger-store.ts';
import type { Acknowledge } from '../acknowledge/acknowledge.ts';
import { insertGroup } from '../insert/insert-group.ts';
import { patiently, type Patience } from '../insert/patience.ts';
import type { Quarantine } from '../verify/quarantine.ts';
import type { Again, Refused, Verdict, Verified } from '../verify/verify-batch.ts';
import { decide } from './decide.ts';
import type { Ledger } from './ledger.ts';

export interface Checked {
  readonly delivery: Delivery;
  readonly verdict: Verdict;
}

export interface CommitContext {
  readonly store: LoggerStore;
  readonly ledger: Ledger;
  readonly patience: Patience;
  readonly quarantine: Quarantine;
  readonly acknowledge: Acknowledge;
  /** Told of sample times that are new in the store, with the time of their ledger rows. */
  readonly onStored: (batches: readonly Verified[], insertedMs: number) => void;
  /** Rises with every call. */
  readonly insertionTime: () => number;
  readonly metrics: Metrics;
  readonly log: Log;
}

const RETRY_MS = 1000;
/** Subjects of what came because it was asked for. */
const REPLAYED = 'kaiku.replay.';

interface Candidate {
  readonly delivery: Delivery;
  readonly verified: Verified;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

/** Hashes as remembered, else from the store: of what is held, and of what was doubted but has its row. */
async function storedHashes(
  { store, ledger, patience }: CommitContext,
  rows: readonly LedgerRow[],
): Promise<readonly (string | undefined)[]> {
  const out = rows.map(({ agent, epoch, seq }) => ledger.hash(agent, epoch, seq));
  const unknown = rows.flatMap(({ agent, epoch, seq }, index) =>
    out[index] === undefined && (ledger.has(agent, epoch, seq) || ledger.isDoubted(agent, epoch, seq))
      ? [{ index, key: { agent, epoch, seq } }]
      : [],
  );
  if (unknown.length === 0) return out;
  const keys = unknown.map(({ key }) => key);
  const found = await patiently(patience, 'look up hashes', () => store.audit.hashes(keys));
  unknown.forEach(({ index, key }, at) => {
    const hash = found[at];
    out[index] = hash;
    if (hash !== undefined && !ledger.isDoubted(key.agent, key.epoch, key.seq)) {
      ledger.remember(key.agent, key.epoch, key.seq, hash);
    }
  });
  return out;
}

/** @throws LoggerStoppingError when the logger stops first; then nothing unfinished is acknowledged */
export async function commitGroup(context: CommitContext, group: readonly Checked[]): Promise<void> {
  const { store, patience, metrics } = context;
  const candidates: Candidate[] = [];
  const again: { readonly delivery: Delivery; readonly row: LedgerRow }[] = [];
  const refused: { readonly delivery: Delivery; readonly refused: Omit<Refused, 'kind'> }[] = [];
  const put = (delivery: Delivery, verdict: Verified | Refused | Again): void => {
    if (verdict.kind === 'verified') candidates.push({ delivery, verified: verdict });
    else if (verdict.kind === 'again') again.push({ delivery, row: verdict.row });
    else refused.push({ delivery, refused: verdict });
  };
  for (const { delivery, verdict } of group) put(delivery, verdict);

  const rows = candidates.map(({ verified }) => verified.row);
  const hashes = await storedHashes(context, rows);
  const decisions = decide(
    rows,
    (index) => hashes[index],
    (index) => {
      const row = rows[index];
      return row !== undefined && context.ledger.isDoubted(row.agent, row.epoch, row.seq);
    },
  );
  const fresh: Candidate[] = [];
  candidates.forEach((candidate, index) => {
    const { delivery, verified } = candidate;
    const { row } = verified;
    if (decisions[index] === 'new') fresh.push(candidate);
    else if (decisions[index] === 'again') again.push({ delivery, row });
    else {
      metrics.add('conflicts');
      const reason = 'same agent, epoch and seq with another hash';
      refused.push({ delivery, refused: { ...row, reason, final: true } });
    }
  });

  const startedMs = performance.now();
  const { stored, poison } = await insertGroup(store, patience, fresh);
  for (const { item, reason } of poison) {
    refused.push({ delivery: item.delivery, refused: { ...item.verified.row, reason, final: true } });
  }
  const storedRows = stored.map(({ verified }) => verified.row);
  if (storedRows.length > 0) {
    const insertedMs = context.insertionTime();
    await patiently(patience, 'record', () => store.ledger.record(storedRows, insertedMs));
    const ledger = context.ledger;
    for (const row of storedRows) ledger.add(row);
    metrics.set('insertMs', performance.now() - startedMs);
    metrics.add(
      'insertedRows',
      storedRows.reduce((sum, row) => sum + row.rows, 0),
    );
    metrics.add('insertedBatches', storedRows.length);
    metrics.add('repairedBatches', stored.filter(({ delivery }) => delivery.subject.startsWith(REPLAYED)).length);
    context.onStored(
      stored.map(({ verified }) => verified),
      insertedMs,
    );
  }
  // A copy within the group of a batch that turned out to be poison, or that an audit doubted in this moment,
  // must not be acknowledged as stored: it comes again.
  const ledger = context.ledger;
  const [held, lost] = partition(again, ({ row }) => ledger.has(row.agent, row.epoch, row.seq));
  for (const { delivery } of lost) delivery.retry(RETRY_MS);
  metrics.add('duplicates', held.length);
  context.acknowledge([...stored.map(({ delivery, verified }) => ({ delivery, row: verified.row })), ...held]);
  for (const { delivery, refused: each } of refused) {
    await context.quarantine(each, delivery.bytes);
    if (each.final) ledger.refuse(each.agent, each.epoch, each.seq);
    delivery.ack();
  }
}
