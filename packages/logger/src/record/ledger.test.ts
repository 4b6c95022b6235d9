/** The ledger in memory against a plain model, and the decision about known keys. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countValues } from '@kaiku/protocol';
import type { LedgerRow } from '@kaiku/store';
import { decide } from './decide.ts';
import { createLedger, openGaps } from './ledger.ts';

const row = (seq: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
  agent: 'a',
  epoch: 1,
  seq,
  sha256: `hash ${seq}`,
  rows: 1,
  firstMs: seq * 100,
  lastMs: seq * 100 + 50,
  sealedMs: seq * 100 + 60,
  ...more,
});

describe('ledger', () => {
  test('ranges, gaps and watermark agree with a model, in any order and also when rebuilt half way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
        fc.nat(60),
        (seqs, half) => {
          let ledger = createLedger([]);
          const model = new Set<number>();
          seqs.forEach((seq, index) => {
            if (index === half) {
              const views = ledger.epochs();
              ledger = createLedger(
                views.map(({ agent, epoch, ranges, newestMs }) => ({
                  agent,
                  epoch,
                  ranges,
                  batches: 0,
                  rows: 0,
                  firstMs: 0,
                  lastMs: newestMs,
                })),
              );
            }
            ledger.add(row(seq));
            model.add(seq);
          });
          const top = Math.max(...model);
          const view = ledger.epochs()[0];
          expect(view === undefined ? -1 : countValues(openGaps(view))).toBe(top - model.size);
          expect(view?.newestMs).toBe(top * 100 + 50);
          for (let seq = 1; seq <= 31; seq += 1) expect(ledger.has('a', 1, seq)).toBe(model.has(seq));
          expect(ledger.has('b', 1, seqs[0] ?? 1)).toBe(false);
          expect(ledger.has('a', 2, seqs[0] ?? 1)).toBe(false);
          let contiguous = 0;
          while (model.has(contiguous + 1)) contiguous += 1;
          const exact = contiguous === 0 ? 0 : contiguous * 100 + 50;
          // After a rebuild the times above a hole are unknown: the watermark may lag, never lead.
          if (half >= seqs.length) expect(view?.watermarkMs).toBe(exact);
          else expect(view?.watermarkMs).toBeLessThanOrEqual(exact);
          if (contiguous === top) expect(view?.watermarkMs).toBe(exact);
        },
      ),
    );
  });

  test('remembers hashes of what was added', () => {
    const ledger = createLedger([]);
    ledger.add(row(4));
    expect(ledger.hash('a', 1, 4)).toBe('hash 4');
    expect(ledger.hash('a', 1, 5)).toBeUndefined();
  });
});

describe('a ledger that doubts', () => {
  const held = (ledger: ReturnType<typeof createLedger>): unknown => ledger.epochs()[0]?.ranges;

  test('what it doubts is a gap again until it is added; the watermark is not told meanwhile', () => {
    const ledger = createLedger([]);
    for (let seq = 1; seq <= 9; seq += 1) ledger.add(row(seq));
    expect(ledger.doubt('a', 1, [[3, 4]], true)).toBe(2);
    expect(ledger.doubt('a', 1, [[4, 4]], true)).toBe(0);
    expect(held(ledger)).toEqual([
      [1, 2],
      [5, 9],
    ]);
    expect([ledger.isDoubted('a', 1, 3), ledger.hash('a', 1, 3), ledger.hash('a', 1, 5)]).toEqual([
      true,
      undefined,
      'hash 5',
    ]);
    expect(ledger.epochs()[0]?.watermarkMs).toBe(0);
    expect(ledger.epochs()[0]?.gone).toEqual([[3, 4]]);
    for (const seq of [3, 4]) ledger.add(row(seq));
    expect(held(ledger)).toEqual([[1, 9]]);
    expect(ledger.epochs()[0]?.gone).toEqual([]);
    expect(ledger.isDoubted('a', 1, 3)).toBe(false);
    expect(ledger.epochs()[0]?.watermarkMs).toBe(950);
  });

  test('read anew from a store that was emptied, it knows what is gone', () => {
    const before = createLedger([]);
    for (let seq = 1; seq <= 9; seq += 1) before.add(row(seq));
    const summary = { agent: 'a', epoch: 1, batches: 0, rows: 0, firstMs: 0, lastMs: 0 };
    const anew = createLedger([{ ...summary, ranges: [[8, 9]] }], [], before.epochs());
    expect(held(anew)).toEqual([[8, 9]]);
    expect(anew.epochs()[0]?.gone).toEqual([[1, 7]]);
    expect(createLedger([], [], before.epochs()).epochs()[0]).toMatchObject({ ranges: [], gone: [[1, 9]] });
  });

  test('takes over what the store has, but not what it doubts to be whole', () => {
    const ledger = createLedger([]);
    for (let seq = 1; seq <= 4; seq += 1) ledger.add(row(seq));
    ledger.doubt('a', 1, [[1, 1]], true);
    ledger.doubt('a', 1, [[2, 2]], false);
    const summary = { agent: 'a', epoch: 1, batches: 0, rows: 0, firstMs: 0, lastMs: 0 };
    expect(ledger.adopt([{ ...summary, ranges: [[1, 6]] }])).toBe(3);
    expect(held(ledger)).toEqual([[2, 6]]);
  });

  test('the watermark passes recorded gaps and what is in quarantine, and falls when a gap is forgotten', () => {
    const ledger = createLedger([]);
    for (const seq of [1, 4, 6, 9]) ledger.add(row(seq));
    ledger.explain([{ agent: 'a', epoch: 1, from: 2, to: 3 }]);
    expect(ledger.epochs()[0]?.watermarkMs).toBe(450);
    ledger.refuse('a', 1, 5);
    expect(ledger.epochs()[0]?.watermarkMs).toBe(650);
    ledger.replaceGaps([]);
    const [view] = ledger.epochs();
    expect(view?.watermarkMs).toBe(0);
    expect(view === undefined ? [] : openGaps(view)).toEqual([
      [2, 3],
      [7, 8],
    ]);
  });
});

describe('decide', () => {
  test.each([
    ['new keys', [row(1), row(2)], {}, ['new', 'new']],
    ['a key in the store', [row(1)], { 0: 'hash 1' }, ['again']],
    ['a key in the store with another hash', [row(1)], { 0: 'other' }, ['conflict']],
    ['twice in one group', [row(1), row(1)], {}, ['new', 'again']],
    ['twice with different contents', [row(1), row(1, { sha256: 'other' })], {}, ['new', 'conflict']],
    ['the same seq of another epoch', [row(1), row(1, { epoch: 2 })], {}, ['new', 'new']],
  ] as const)('%s', (_, rows, stored, expected) => {
    const hash = (index: number): string | undefined => (stored as Record<number, string | undefined>)[index];
    expect(decide(rows, hash, () => false)).toEqual(expected);
  });

  test('a doubted key goes in again once, unless its hash is another', () => {
    const rows = [row(1), row(1), row(2, { sha256: 'other' })];
    expect(
      decide(
        rows,
        (index) => `hash ${rows[index]?.seq}`,
        () => true,
      ),
    ).toEqual(['new', 'again', 'conflict']);
  });
});
