/** A bench result as a table for people: every raw figure with its unit, then the ratios. */
import type { BenchResult } from './result.ts';

/** Endings of figure names and what they mean. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_rows_per_s$/, 'rows/s'],
  [/_per_s$/, '/s'],
  [/_percent$/, '%'],
  [/_bytes$/, 'B'],
  [/_mib$/, 'MiB'],
  [/_ms$/, 'ms'],
  [/_us$/, 'µs'],
  [/_s$/, 's'],
];

export function formatBench(result: BenchResult): string {
  const peers = Object.keys(result.peers);
  const figures = [...new Set([result.ours, ...Object.values(result.peers)].flatMap(Object.keys))];
  const head = ['', 'unit', 'kaiku', ...peers];
  const rows = figures.map((figure) => {
    const [, unit = ''] = UNITS.find(([ending]) => ending.test(figure)) ?? [];
    const values = [result.ours, ...Object.values(result.peers)].map((side) => side[figure]);
    return [figure, unit].concat(values.map((value) => (value === undefined ? '' : number(value))));
  });
  const ratios = Object.entries(result.ratio).map(([peer, ratio]) => {
    const side = ratio >= 1 ? 'ahead of' : 'behind';
    return `  ${ratio.toFixed(2)}  kaiku is ${side} ${peer}`;
  });
  const machine = Object.entries(result.machine).map(([key, value]) => `${key} ${value}`);
  return [
    `${result.bench}: ${machine.join(', ')}`,
    '',
    ...aligned([head, ...rows]),
    '',
    ...(ratios.length === 0 ? ['no ratio: no peer was there to be measured'] : ['ratio (above 1: ahead)', ...ratios]),
  ].join('\n');
}

/** First two columns to the left, figures to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Thousands set apart; decimals only where they say something. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}
