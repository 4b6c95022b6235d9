/** Figures of the ledger: ages and gaps. */
import { expect, test } from 'vitest';
import { createLedger } from '../record/ledger.ts';
import { ledgerFigures, countLost } from './figures.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;

const summary = (agent: string, epoch: number, ranges: [number, number][], lastMs: number) => ({
  agent,
  epoch,
  ranges,
  batches: 0,
  rows: 0,
  firstMs: 0,
  lastMs,
});

test('ages are of agents heard of within a day; recorded gaps are of all epochs', () => {
  const ledger = createLedger([
    summary('whole', 1, [[1, 9]], NOW_MS - 5000),
    summary('late', 1, [[1, 4]], NOW_MS - 60_000),
    summary('late', 2, [[1, 2]], NOW_MS - 30_000),
    summary(
      'holed',
      1,
      [
        [1, 2],
        [5, 6],
        [9, 9],
      ],
      NOW_MS - 1000,
    ),
    summary('gone', 1, [[1, 1]], NOW_MS - 2 * DAY_MS),
  ]);
  ledger.explain([
    { agent: 'holed', epoch: 1, from: 3, to: 4 },
    { agent: 'holed', epoch: 1, from: 9, to: 12 },
  ]);
  expect(ledgerFigures(ledger, NOW_MS)).toEqual({
    agents: 4,
    lostBatches: 5,
    newestSampleAgeMs: 1000,
    watermarkAgeMs: 30_000,
  });
});

test('an empty ledger has nothing to worry about', () => {
  expect(ledgerFigures(createLedger([]), NOW_MS)).toEqual({
    agents: 0,
    lostBatches: 0,
    newestSampleAgeMs: 0,
    watermarkAgeMs: 0,
  });
});

test('a batch that two gaps explain is lost once', () => {
  const gap = { agent: 'a', epoch: 1 };
  const gaps = [
    { ...gap, from: 3, to: 9 },
    { ...gap, from: 8, to: 10 },
    { ...gap, epoch: 2, from: 8, to: 8 },
    { ...gap, agent: 'b', from: 8, to: 8 },
  ];
  expect(countLost(gaps)).toBe(10);
  expect(countLost([])).toBe(0);
});
