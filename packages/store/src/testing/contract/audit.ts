/** Contract of a store: what a logger's audit asks. */
import { digestOf, HOUR_MS } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import type { GapRow, LedgerRow, Store } from '../../api.ts';
import { A1, A2, count, counterRows, gaugeRows, insert, ownSeries, STEP } from './rows.ts';

/** A day that no other topic uses. */
const DAY = Date.UTC(2026, 5, 2);
const EPOCH = 1_780_000_000_000;

const hash = (seq: number): string => (seq * 0x1234567).toString(16).padStart(16, 'f').padEnd(64, '0');

function row(agent: string, seq: number, sealedMs: number, hours: LedgerRow['hours'] = []): LedgerRow {
  const hourMs = hours.map((hour) => hour.hourMs);
  const firstMs = hourMs.length === 0 ? sealedMs - 2000 : Math.min(...hourMs);
  const lastMs = hourMs.length === 0 ? sealedMs : Math.max(...hourMs) + HOUR_MS - 1;
  return { agent, epoch: EPOCH, seq, sha256: hash(seq), rows: 10, firstMs, lastMs, sealedMs, hours };
}

export function auditContract(open: () => Store): void {
  describe('the audit by hour of sealing', () => {
    const agent = 'contract-digests';
    it('gives counts and digests, each batch once, whatever its recording', async () => {
      const { audit, ledger } = open();
      const rows = [1, 2, 3].map((seq) => row(agent, seq, DAY + seq * 1000));
      const later = [4, 5].map((seq) => row(agent, seq, DAY + HOUR_MS + seq));
      await ledger.record([...rows, ...later], DAY + 2 * HOUR_MS);
      await ledger.record(rows, DAY + 40 * HOUR_MS);
      await ledger.record([Object.assign({}, row(agent, 6, DAY), { epoch: EPOCH + 1 })], DAY);
      expect(await audit.digests(agent, EPOCH, DAY, DAY + 24 * HOUR_MS)).toEqual([
        { hourMs: DAY, batches: 3, digest: digestOf([1, 2, 3].map(hash)) },
        { hourMs: DAY + HOUR_MS, batches: 2, digest: digestOf([4, 5].map(hash)) },
      ]);
      expect(await audit.digests(agent, EPOCH, DAY + HOUR_MS, DAY + 2 * HOUR_MS)).toHaveLength(1);
      expect(await audit.digests('contract-nobody', EPOCH, DAY, DAY + HOUR_MS)).toEqual([]);
    });

    it('lists an hour, and finds many hashes at once', async () => {
      const { audit } = open();
      expect(await audit.list(agent, EPOCH, DAY)).toEqual([1, 2, 3].map((seq) => ({ seq, sha256: hash(seq) })));
      const keys = [5, 99, 1].map((seq) => ({ agent, epoch: EPOCH, seq }));
      expect(await audit.hashes(keys)).toEqual([hash(5), undefined, hash(1)]);
      expect(await audit.hashes([])).toEqual([]);
    });

    it('knows from when to when batches were sealed', async () => {
      const range = await open().audit.sealedRange();
      expect(range?.firstMs).toBeLessThanOrEqual(DAY + 1000);
      expect(range?.lastMs).toBeGreaterThanOrEqual(DAY + HOUR_MS + 5);
    });
  });

  describe('the audit by hour of sample time', () => {
    const hour = DAY + 5 * HOUR_MS;
    it('counts samples once, by agent and hour, and sees what the tables lack', async () => {
      const { audit, ledger } = open();
      const id = ownSeries();
      const samples = [
        gaugeRows(count(20, (index) => [id, hour + index * STEP, A1, index])),
        counterRows(count(130, (index) => [id, hour + index * STEP, A1, BigInt(index), 0])),
        gaugeRows([[id, hour, A2, 1]]),
      ];
      await insert(open(), samples);
      await insert(open(), samples);
      const hours = [
        { hourMs: hour, rows: 140 },
        { hourMs: hour + HOUR_MS, rows: 10 },
      ];
      await ledger.record([row('agent-1', 1, hour, hours)], hour);
      await ledger.record([row('agent-1', 1, hour, hours), row('agent-2', 1, hour, [{ hourMs: hour, rows: 3 }])], hour);
      // Written by an older logger, or a batch of results: nothing to compare.
      await ledger.record([row('contract-old', 1, hour)], hour);
      const counted = await audit.rows(hour, hour + 2 * HOUR_MS);
      expect(counted.toSorted((a, b) => a.hourMs - b.hourMs || a.agent.localeCompare(b.agent))).toEqual([
        { agent: 'agent-1', hourMs: hour, expected: 140, found: 140 },
        { agent: 'agent-2', hourMs: hour, expected: 3, found: 1 },
        { agent: 'agent-1', hourMs: hour + HOUR_MS, expected: 10, found: 10 },
      ]);
      expect(await audit.rows(hour + HOUR_MS, hour + 2 * HOUR_MS)).toHaveLength(1);
    });

    it('names the batches of an hour', async () => {
      const { audit } = open();
      expect(await audit.batchesOf('agent-1', hour + HOUR_MS)).toEqual([{ epoch: EPOCH, seq: 1 }]);
      expect(await audit.batchesOf('agent-1', hour + 2 * HOUR_MS)).toEqual([]);
      expect(await audit.batchesOf('contract-old', hour)).toEqual([]);
    });
  });

  it('keeps known gaps, each once, from when it was first known', async () => {
    const { audit } = open();
    const gap: GapRow = { agent: 'contract-gap', epoch: EPOCH, from: 7, to: 9, reason: 'space', atMs: DAY };
    await audit.recordGaps([gap, { ...gap, from: 20, to: 20, reason: 'damage' }]);
    await audit.recordGaps([{ ...gap, atMs: DAY + 40 * 24 * HOUR_MS }]);
    await audit.recordGaps([]);
    const gaps = (await audit.gaps()).filter((each) => each.agent === 'contract-gap');
    expect(gaps).toEqual([gap, { ...gap, from: 20, to: 20, reason: 'damage' }]);
    expect((await audit.gaps(DAY)).filter(({ agent }) => agent === 'contract-gap')).toEqual(gaps);
    expect(await audit.gaps(DAY + 1)).toEqual([]);
  });
}
