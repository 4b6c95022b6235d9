import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';
import { describeGraph } from './describe.ts';
import type { GraphSpec } from './spec.ts';

const SPEC: GraphSpec = {
  title: 'Traffic',
  subtitle: 'sw1',
  unit: 'bit/s',
  style: 'line',
  fromMs: Date.parse('2025-03-30T00:30:00Z'),
  toMs: Date.parse('2025-03-30T02:00:00Z'),
  stepMs: 1_800_000,
  timeZone: 'Europe/Helsinki',
  width: 800,
  height: 300,
  theme: 'light',
  lines: [
    {
      label: 'In',
      scale: 8,
      avg: Float64Array.of(1000, Number.NaN, 3000),
      min: Float64Array.of(500, Number.NaN, 2000),
      max: Float64Array.of(1500, Number.NaN, 4000),
    },
    { label: '=cmd|"x",y', avg: Float64Array.of(1, 2) },
  ],
};

test('a sentence with range, zone and figures', () => {
  expect(describeGraph(SPEC).replaceAll('\u00a0', ' ')).toBe(
    'Traffic, sw1, between 2025-03-30 02:30 and 2025-03-30 05:00 (Europe/Helsinki): ' +
      'In last 24.0 kbit/s, average 16.0 kbit/s, lowest 4.00 kbit/s, highest 32.0 kbit/s; ' +
      '=cmd|"x",y last 2 bit/s, average 1.50 bit/s, lowest 1 bit/s, highest 2 bit/s.',
  );
  expect(describeGraph({ ...SPEC, lines: [] })).toContain(': no data.');
});

test('CSV: UTC and wall clock through a clock change, empty for unknown, no formulas', () => {
  expect(csvOf(SPEC).split('\r\n')).toEqual([
    'time,time Europe/Helsinki,In [bit/s],In min [bit/s],In max [bit/s],"\'=cmd|""x"",y [bit/s]"',
    '2025-03-30T00:30:00.000Z,2025-03-30T02:30:00+02:00,8000,4000,12000,1',
    '2025-03-30T01:00:00.000Z,2025-03-30T04:00:00+03:00,,,,2',
    '2025-03-30T01:30:00.000Z,2025-03-30T04:30:00+03:00,24000,16000,32000,',
    '',
  ]);
});
