import { expect, test } from 'vitest';
import type { BenchResult } from './result.ts';
import { formatBench } from './table.ts';

const RESULT: BenchResult = {
  bench: 'graph',
  machine: { cores: 2, node: 'v22' },
  ours: { svg_per_s: 3456.7, png_bytes: 16638, start_ms: 1.234 },
  peers: { other: { svg_per_s: 227.4 } },
  ratio: { other: 15.2 },
};

test('every raw figure stands in its column, with its unit', () => {
  expect(formatBench(RESULT)).toBe(
    [
      'graph: cores 2, node v22',
      '',
      '           unit   kaiku  other',
      'svg_per_s  /s     3 457    227',
      'png_bytes  B     16 638',
      'start_ms   ms      1.23',
      '',
      'ratio (above 1: ahead)',
      '  15.20  kaiku is ahead of other',
    ].join('\n'),
  );
});

test('a ratio below one is said as it is, and a missing peer too', () => {
  expect(formatBench({ ...RESULT, ratio: { other: 0.5 } })).toContain('0.50  kaiku is behind other');
  expect(formatBench({ ...RESULT, peers: {}, ratio: {} })).toContain('no ratio: no peer was there');
});
