import type { RangeSet } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { style } from '../terminal/style.ts';
import { figureOf, renderStatus } from './render.ts';
import { compareStores, type StatusReport, type StoreStatus } from './report.ts';

function store(name: string, ranges: RangeSet, { rows = 100, gauges = 10 } = {}): StoreStatus {
  const batches = ranges.reduce((total, [from, to]) => total + to - from + 1, 0);
  return {
    name,
    problem: undefined,
    tables: [{ table: 'gauge', rows: gauges, bytesOnDisk: 1024 }],
    ledger: batches === 0 ? [] : [{ agent: 'a', epoch: 1, batches, rows, ranges }],
  };
}

test('the same batches and rows are equal', () => {
  expect(compareStores([store('s1', [[1, 9]]), store('s2', [[1, 9]])])).toEqual({
    state: 'equal',
    equal: true,
    differences: [],
    behind: [],
  });
});

test('the newest batches on their way make one behind, not different', () => {
  const behind = compareStores([store('s1', [[1, 9]]), store('s2', [[1, 6]], { rows: 60, gauges: 6 })]);
  expect(behind).toEqual({
    state: 'behind',
    equal: true,
    differences: [],
    behind: ['a epoch 1: s2 is behind by 3 batches'],
  });
});

test('many batches are no longer just on their way', () => {
  expect(compareStores([store('s1', [[1, 99]]), store('s2', [[1, 6]])])).toMatchObject({
    equal: false,
    differences: ['a epoch 1: s2 is behind by 93 batches'],
  });
});

test('a hole is a difference', () => {
  const hole = compareStores([
    store('s1', [[1, 9]]),
    store('s2', [
      [1, 2],
      [5, 9],
    ]),
  ]);
  expect(hole).toMatchObject({ equal: false, differences: ['a epoch 1: s2 lacks 2 batches in between'] });
});

test('other rows in the same batches, or other rows in a table, are a difference', () => {
  expect(compareStores([store('s1', [[1, 9]]), store('s2', [[1, 9]], { rows: 99 })]).differences).toEqual([
    'a epoch 1: 100 rows in s1, 99 in s2, in the same batches',
  ]);
  expect(compareStores([store('s1', [[1, 9]]), store('s2', [[1, 9]], { gauges: 9 })]).differences).toEqual([
    'table gauge: 10 rows in s1, 9 in s2',
  ]);
});

test('a store that does not answer is left out of the comparison', () => {
  const silent: StoreStatus = { name: 's2', problem: 'connection refused', tables: [], ledger: [] };
  expect(compareStores([store('s1', [[1, 9]]), silent]).state).toBe('unknown');
});

test('silent and held parts and stores are shown as such', () => {
  const report: StatusReport = {
    installation: 'Test',
    atMs: Date.UTC(2026, 10, 22, 15, 0, 0),
    brokerProblem: undefined,
    parts: [
      { role: 'logger', name: 'logger-1', configured: true, held: false, report: undefined },
      { role: 'web', name: 'web-2', configured: true, held: true, report: undefined },
    ],
    stores: [{ name: 'store-1', problem: 'connection refused', tables: [], ledger: [] }],
    comparison: { state: 'unknown', equal: undefined, differences: [], behind: [] },
    alarms: [],
  };
  const text = renderStatus(report, style(false));
  expect(text).toContain('logger/logger-1        -    -       -  silent: no report within 2.5 s');
  expect(text).toContain('‖  web/web-2              -    -       -  held: kaiku part release web-2 gives it back');
  expect(text).toContain('✗  store-1  connection refused');
  expect(text).toContain('✓ no active alarms');
});

test('figures are named as people read them', () => {
  expect(figureOf('lagMs', 1200)).toBe('lag 1.2 s');
  expect(figureOf('insertedRows', 12_000)).toBe('inserted rows 12 000');
  expect(figureOf('bufferBytes', 2048)).toBe('buffer 2.0 KiB');
});
