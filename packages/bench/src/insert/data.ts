/**
 * Samples as a day of an installation brings them, every series on its slot of a 30 s cycle. Counters: octets,
 * packets, errors and discards of interfaces of which a third are unused, half serve a desk and the rest are
 * uplinks. Gauges: round-trip times, loss, states, load, memory, disk fill, temperature. A mix on the hard side:
 * a real switch has more interfaces that never change. Seeded: every run inserts the same rows. Pure.
 */
import { BATCH_TABLES, encodeBlock, type ColumnData } from '@kaiku/protocol';

export const SERIES = 2000;
const CYCLE_MS = 30_000;
const CYCLES_PER_DAY = 2880;
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

/** A number 0..1 for each (series, cycle, use): the same whatever order they are asked in. */
function noise(series: number, cycle: number, use: number): number {
  let state = (Math.imul(series, 0x9e3779b1) ^ Math.imul(cycle, 0x85ebca6b) ^ Math.imul(use, 0xc2b2ae35)) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
  return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
}

/** Working hours carry most: 0.2 at night, 1 at midday. */
const rhythm = (cycle: number): number => 0.6 - 0.4 * Math.cos((cycle / CYCLES_PER_DAY) * 2 * Math.PI);

const MIB = 1024 * 1024;

function gaugeValue(series: number, cycle: number): number {
  const random = noise(series, cycle, 0);
  switch (series % 12) {
    case 0: // round-trip times, ms, three decimals: median, least, most
    case 1:
    case 2:
      return Math.round((2 + (series % 40) + rhythm(cycle) + random ** 4 * 2 * (1 + (series % 3))) * 1000) / 1000;
    case 3: // loss of a burst of five: mostly none
      return random < 0.01 ? 0.2 : 0;
    case 4: // processor load, per cent
      return Math.round(30 * rhythm(cycle) + random ** 2 * 20);
    case 5: // memory unused, KiB
      return 1024 * Math.round(2_000_000 - 400_000 * rhythm(cycle) + random * 4000);
    case 6: // storage in use, allocation units: grows, mostly stands
      return 250_000 + Math.floor(cycle / 10) * 3;
    case 7: // temperature, half degrees
      return Math.round((38 + rhythm(cycle) * 3 + random * 0.6) * 2) / 2;
    case 8: // load average, two decimals
      return Math.round((rhythm(cycle) + random * 0.5) * 100) / 100;
    case 9: // size of a storage
      return 4096 * MIB;
    default: // ifOperStatus, ifHighSpeed
      return series % 12 === 10 ? 1 : 1000;
  }
}

/** Octets of an interface in one cycle: unused, a desk (mostly idle, now and then a transfer), or an uplink. */
function octets(index: number, direction: number, cycle: number): number {
  const random = noise(index, cycle, direction);
  const kind = index % 20;
  if (kind < 7) return 0;
  if (kind < 17) {
    if (random < 0.6) return 64 * Math.round(noise(index, cycle, direction + 2) * 60);
    return Math.round(20_000 + random ** 8 * 40_000_000 * rhythm(cycle));
  }
  return Math.round((index % 97) * 2_000_000 * rhythm(cycle) * (0.85 + 0.3 * random));
}

/** What the counter of a series rose by in a cycle. */
function counterStep(series: number, cycle: number): number {
  const index = Math.floor(series / 8);
  const direction = series % 2;
  const bytes = octets(index, direction, cycle);
  switch (Math.floor((series % 8) / 2)) {
    case 0:
      return bytes;
    case 1: // packets of 300 to 900 octets
      return Math.ceil(bytes / (300 + 600 * noise(index, cycle, 4 + direction)));
    case 2: // errors: nearly never, but on a bad cable
      return index % 40 === 13 && noise(series, cycle, 6) < 0.1 ? Math.ceil(noise(series, cycle, 7) * 5) : 0;
    default: // discards: on some uplinks
      return index % 20 > 17 && noise(series, cycle, 6) < 0.05 ? Math.ceil(noise(series, cycle, 7) * 40) : 0;
  }
}

const values = new Map<number, { cycle: number; value: number }>();

/** The counter's reading; cycles are asked in order, or from the beginning. */
function counterValue(series: number, cycle: number): number {
  const known = values.get(series);
  const from =
    known !== undefined && known.cycle <= cycle ? known : { cycle: 0, value: (series * 7_919_131) % 2 ** 40 };
  let { value } = from;
  for (let each = from.cycle; each < cycle; each += 1) value += counterStep(series, each);
  values.set(series, { cycle, value });
  return value;
}

/** `cycles` cycles of all series, one row each, from cycle number `first`. */
export function sampleCycles(table: SampleTable, first: number, cycles: number, count = SERIES): Samples {
  const rows = count * cycles;
  const series = new BigUint64Array(rows);
  const ts = new BigInt64Array(rows);
  const agent = new BigUint64Array(rows).fill(AGENT);
  const gauges = new Float64Array(table === 'gauge' ? rows : 0);
  const counters = new BigUint64Array(table === 'counter' ? rows : 0);
  const interval = new Uint32Array(table === 'counter' ? rows : 0);
  const flag = new Uint8Array(rows);
  let row = 0;
  for (let cycle = first; cycle < first + cycles; cycle += 1) {
    for (let index = 0; index < count; index += 1) {
      series[row] = BigInt.asUintN(64, BigInt(index + 1) * SPREAD);
      ts[row] = BigInt(START_MS + cycle * CYCLE_MS + ((index * 7919) % CYCLE_MS));
      if (table === 'gauge') {
        const failed = noise(index, cycle, 8) < 0.001;
        gauges[row] = failed ? Number.NaN : gaugeValue(index, cycle);
        flag[row] = failed ? 1 : 0;
      } else {
        counters[row] = BigInt(counterValue(index, cycle));
        // By the device's own clock, in ticks of 10 ms; one clock for all counters of a device (here 25 interfaces).
        const late = noise(Math.floor(index / 200), cycle, 9);
        interval[row] = CYCLE_MS + (late < 0.3 ? 10 * Math.round((late / 0.3) * 4 - 2) : 0);
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
