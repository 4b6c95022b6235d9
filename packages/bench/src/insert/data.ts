/**
 * Samples as a day of an installation brings them: gauges (round-trip times, losses, loads, disk fill) and
 * 64-bit counters at the rhythm of traffic, every series on its slot of a 30 s cycle. Seeded: every run
 * inserts the same rows. Pure.
 */
import { BATCH_TABLES, encodeBlock, type ColumnData } from '@kaiku/protocol';

export const SERIES = 2000;
const CYCLE_MS = 30_000;
const START_MS = Date.UTC(2026, 0, 12);
/** Any odd number: spreads ids over 64 bits as hashes are spread. */
const SPREAD = 0x9e3779b97f4a7c15n;
const AGENT = 0x1234567890abcdefn;

export type SampleTable = 'gauge' | 'counter';

export interface Samples {
  readonly table: SampleTable;
  readonly rows: number;
  readonly data: readonly ColumnData[];
}

/** Numbers 0..1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function gaugeValue(series: number, cycle: number, random: () => number): number {
  const rhythm = 1 + 0.4 * Math.sin((cycle / 2880) * 2 * Math.PI);
  switch (series % 5) {
    case 0: // round-trip time, ms, three decimals
      return Math.round((2 + (series % 40) + rhythm + random() ** 4 * 5) * 1000) / 1000;
    case 1: // loss: mostly none
      return random() < 0.01 ? 0.2 : 0;
    case 2: // load, per cent
      return Math.round(30 * rhythm + random() * 10);
    case 3: // bytes in use: grows
      return 4096 * Math.round(1_000_000 + cycle * 3 + random() * 20);
    default: // temperature
      return Math.round((38 + rhythm * 3 + random()) * 2) / 2;
  }
}

/** `cycles` cycles of all series, one row each, from cycle number `first`. */
export function sampleCycles(table: SampleTable, first: number, cycles: number): Samples {
  const rows = SERIES * cycles;
  const random = seeded(first + (table === 'gauge' ? 1 : 2));
  const series = new BigUint64Array(rows);
  const ts = new BigInt64Array(rows);
  const agent = new BigUint64Array(rows).fill(AGENT);
  const gauges = new Float64Array(table === 'gauge' ? rows : 0);
  const counters = new BigUint64Array(table === 'counter' ? rows : 0);
  const interval = new Uint32Array(table === 'counter' ? rows : 0);
  const flag = new Uint8Array(rows);
  let row = 0;
  for (let cycle = first; cycle < first + cycles; cycle += 1) {
    for (let index = 0; index < SERIES; index += 1) {
      series[row] = BigInt.asUintN(64, BigInt(index + 1) * SPREAD);
      ts[row] = BigInt(START_MS + cycle * CYCLE_MS + ((index * 7919) % CYCLE_MS));
      if (table === 'gauge') {
        const failed = random() < 0.002;
        gauges[row] = failed ? Number.NaN : gaugeValue(index, cycle, random);
        flag[row] = failed ? 1 : 0;
      } else {
        // A quarter of the interfaces is idle; the others carry up to some 100 Mbit/s.
        const perCycle = index % 4 === 0 ? 0 : 1_000_000 + (index % 97) * 3_000_000;
        counters[row] = BigInt(Math.round(1e12 + perCycle * cycle + (perCycle === 0 ? 0 : random() * perCycle * 0.3)));
        interval[row] = CYCLE_MS + (random() < 0.3 ? 10 * Math.round(random() * 4 - 2) : 0);
      }
      row += 1;
    }
  }
  const data = table === 'gauge' ? [series, ts, agent, gauges, flag] : [series, ts, agent, counters, interval, flag];
  return { table, rows, data };
}

/** As a Native block, not yet compressed. */
export function nativeBlock({ table, rows, data }: Samples): Uint8Array {
  return encodeBlock(BATCH_TABLES[table], data, rows);
}

/** The same rows as text, an object a line. */
export function jsonLines({ table, rows, data }: Samples): string {
  const columns = BATCH_TABLES[table];
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const fields = columns.map(({ name }, column) => {
      const value = data[column]?.[row] ?? 0;
      if (name === 'ts') return `"ts":"${new Date(Number(value)).toISOString().slice(0, -1).replace('T', ' ')}"`;
      return `"${name}":${typeof value === 'number' && !Number.isFinite(value) ? '"nan"' : String(value)}`;
    });
    lines.push(`{${fields.join(',')}}\n`);
  }
  return lines.join('');
}
