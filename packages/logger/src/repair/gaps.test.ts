/** The gap planner: when a hole is asked for. */
import type { InventoryMessage } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { createLedger, type Ledger } from '../record/ledger.ts';
import { createGapPlanner, type Plan } from './gaps.ts';
import { createInventories } from './inventory.ts';

const SETTLE_MS = 15_000;
const HELD = 9;

const inventory: InventoryMessage = {
  v: 1,
  agent: 'a',
  instance: '0123456789abcdef',
  atMs: 0,
  epoch: 1,
  epochs: [{ epoch: 1, from: 1, to: HELD, held: [[1, HELD]], waiting: [], lost: [] }],
  complete: true,
};

function ledgerWith(...seqs: readonly number[]): Ledger {
  const ledger = createLedger([]);
  for (const seq of seqs) ledger.add({ agent: 'a', epoch: 1, seq, sha256: `${seq}`, lastMs: seq });
  return ledger;
}

/** Plans as time passes; answers at what times something was asked for, and what. */
function asked(ledger: Ledger, untilMs: number): readonly string[] {
  const planner = createGapPlanner(SETTLE_MS);
  const inventories = createInventories();
  inventories.add(inventory, 0);
  const lane = { processed: 5, lag: 0 };
  const textOf = ({ requests }: Plan): string =>
    requests.map(({ wanted }) => JSON.stringify([...wanted.values()])).join();
  const out: string[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 1000) {
    const text = textOf(planner.plan(ledger.epochs(), inventories, { atMs, data: lane, backlog: lane, replay: lane }));
    if (text !== '') out.push(`${atMs} ${text}`);
  }
  return out;
}

test('what is not here may be on its way: it is asked for when the transport had its time', () => {
  expect(asked(ledgerWith(1, 2, 3, 6, 7, 8, 9), 20_000)).toEqual(['15000 [[[4,5]]]']);
});

test('what had arrived and is found missing is asked for at once', () => {
  const ledger = ledgerWith(1, 2, 3, 4, 5, 6, 7, 8, 9);
  ledger.doubt('a', 1, [[4, 5]], false);
  expect(asked(ledger, 20_000)).toEqual(['0 [[[4,5]]]']);
});
