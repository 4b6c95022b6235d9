/** Contract of a store: the ledger and the quarantine. */
import { expect, it } from 'vitest';
import type { LedgerRow, Store } from '../../api.ts';
import { T0 } from './rows.ts';

export function ledgerContract(open: () => Store): void {
  it('keeps the ledger: ranges, hashes, order of insertion', async () => {
    const day = Date.UTC(2026, 4, 20, 23, 59);
    const row = (seq: number): LedgerRow => ({
      agent: 'contract-ledger',
      epoch: 1_779_000_000_000,
      seq,
      sha256: `${seq}`.padStart(64, '0'),
      rows: 10,
      firstMs: T0 + seq,
      lastMs: T0 + seq + 5,
      sealedMs: T0 + seq + 9,
    });
    await open().ledger.record([row(1), row(2), row(3), row(7)], day);
    await open().ledger.record([row(4), row(3)], day + 120_000);
    await open().ledger.record([], day);
    const summary = (await open().ledger.summaries()).find((each) => each.agent === 'contract-ledger');
    expect(summary).toEqual({
      agent: 'contract-ledger',
      epoch: 1_779_000_000_000,
      ranges: [
        [1, 4],
        [7, 7],
      ],
      batches: 5,
      rows: 50,
      firstMs: T0 + 1,
      lastMs: T0 + 12,
    });
    expect(await open().ledger.hashOf('contract-ledger', 1_779_000_000_000, 7)).toBe(row(7).sha256);
    expect(await open().ledger.hashOf('contract-ledger', 1_779_000_000_000, 5)).toBeUndefined();
    const since = (await open().ledger.since(day + 1, 10)).filter((each) => each.agent === 'contract-ledger');
    expect(new Set(since.map((each) => each.seq))).toEqual(new Set([3, 4]));
    expect(since[0]?.insertedMs).toBe(day + 120_000);
    const first = (await open().ledger.since(day, 1)).filter((each) => each.agent === 'contract-ledger');
    expect(first.length, 'rows of one moment are not split').toBeGreaterThanOrEqual(3);
  });

  it('keeps unreadable batches with their bytes', async () => {
    const before = await open().ledger.quarantined();
    const bytes = Uint8Array.of(0, 255, 10, 39);
    await open().ledger.quarantine({ agent: 'agent-1', epoch: 1, seq: 9, reason: "hash 'x'", bytes }, T0);
    expect(await open().ledger.quarantined()).toBe(before + 1);
    expect(await open().ledger.quarantined(T0)).toBe(1);
    expect(await open().ledger.quarantined(T0 + 1)).toBe(0);
    const [row] = await open().query('SELECT reason, body_base64 FROM quarantine WHERE seq = 9');
    expect(row).toEqual({ reason: "hash 'x'", body_base64: Buffer.from(bytes).toString('base64') });
  });
}
