/**
 * Seals a workload into an agent's buffer as the agent would have over the hours: one batch each two seconds,
 * with the devices whose slots fell into them, rows in the order of the readings. In bulk, so that filling
 * takes seconds; the batches are the same.
 */
import { openBuffer } from '@kaiku/agent';
import { agentId, seriesRows, VERDICT, type TableRows } from '@kaiku/protocol';
import type { Workload, WorkloadDevice } from './workload.ts';

/** As the agent's `sealEveryMs` has it. */
export const SEAL_EVERY_MS = 2000;
const TWO_32 = 2 ** 32;
/** Gauges have at most three decimals: as whole thousandths their sum is exact. */
export const GAUGE_SCALE = 1000;

/** What a store must tell of the workload, exactly. */
export interface Sums {
  readonly gauges: number;
  readonly counters: number;
  /** Of gauge values, in thousandths. */
  readonly gaugeSum: bigint;
  readonly counterSum: bigint;
}

export interface Filled extends Sums {
  readonly batches: number;
  /** Every sample lies before. */
  readonly untilMs: number;
  /** Envelopes, as they travel. */
  readonly sealedBytes: number;
  /** Files of the buffer. */
  readonly bufferBytes: number;
}

export function fillBuffer(
  dir: string,
  agent: string,
  workload: Workload,
  progress: (line: string) => void = () => undefined,
): Filled {
  const { all, ticks, everyMs, fromMs, samples } = workload;
  const buffer = openBuffer({ dir, agent, maxDays: 3660, maxDiskPercent: 90, batchVersion: 2 });
  const totals = { batches: 0, sealedBytes: 0 };
  buffer.onSealed(({ bytes }) => {
    totals.batches += 1;
    totals.sealedBytes += bytes.length;
  });
  const slices: WorkloadDevice[][] = Array.from({ length: Math.ceil(everyMs / SEAL_EVERY_MS) }, () => []);
  for (const device of all) slices[Math.floor(device.offsetMs / SEAL_EVERY_MS)]?.push(device);
  const columns = new SliceColumns(agentId(agent), Math.max(...slices.map((slice) => slice.length)));
  try {
    buffer.bulk(() => {
      for (let tick = 0; tick < ticks; tick += 1) {
        slices.forEach((devices, slice) => {
          if (devices.length === 0) return;
          const beginMs = fromMs + tick * everyMs + slice * SEAL_EVERY_MS;
          columns.clear();
          for (const device of devices) columns.add(device, tick, fromMs + tick * everyMs + device.offsetMs);
          const described = devices.flatMap(({ gauges, counters }) => [...gauges, ...counters]);
          const tables = columns.tables();
          if (tick === 0)
            tables.unshift(
              seriesRows(
                described.map((each) => each.description),
                beginMs,
              ),
            );
          buffer.seal(tables, {
            firstMs: beginMs,
            lastMs: beginMs + SEAL_EVERY_MS - 1,
            missedSlots: 0,
            clock: { offsetMs: null, monotonicMs: beginMs - fromMs },
            sealedMs: beginMs + SEAL_EVERY_MS,
          });
        });
        if (tick % 100 === 99) progress(`sealed ${columns.gauges + columns.counters} of ${samples} samples`);
      }
    });
    buffer.flush();
  } finally {
    buffer.close();
  }
  const check = openBuffer({ dir, agent, maxDays: 3660, maxDiskPercent: 90 });
  const { bytes: bufferBytes } = check.usage();
  check.close();
  return { ...totals, ...columns.sums(), untilMs: fromMs + ticks * everyMs, bufferBytes };
}

/** Columns of one batch's gauges and counters, used again for the next; and the sums of all that went through. */
class SliceColumns {
  readonly #gauge;
  readonly #counter;
  readonly #words: Uint32Array;
  readonly #agents: BigUint64Array;
  #gaugeRows = 0;
  #counterRows = 0;
  #gaugeSum = 0n;
  #counterSum = 0n;
  gauges = 0;
  counters = 0;

  constructor(agent: bigint, devices: number) {
    const rows = devices * 64;
    this.#gauge = {
      series: new BigUint64Array(rows),
      ts: new BigInt64Array(rows),
      value: new Float64Array(rows),
      status: new Uint8Array(rows),
    };
    this.#counter = {
      series: new BigUint64Array(rows),
      ts: new BigInt64Array(rows),
      value: new BigUint64Array(rows),
      interval: new Uint32Array(rows),
      verdict: new Uint8Array(rows),
    };
    // The same memory as pairs of words: writing those makes no BigInt.
    this.#words = new Uint32Array(this.#counter.value.buffer);
    this.#agents = new BigUint64Array(rows).fill(agent);
  }

  clear(): void {
    this.#gaugeRows = 0;
    this.#counterRows = 0;
  }

  add(device: WorkloadDevice, tick: number, atMs: number): void {
    const ts = BigInt(atMs);
    let sum = 0;
    for (const { id, read } of device.gauges) {
      const row = this.#gaugeRows;
      const value = read(atMs);
      this.#gauge.series[row] = id;
      this.#gauge.ts[row] = ts;
      this.#gauge.value[row] = value;
      sum += Math.round(value * GAUGE_SCALE);
      this.#gaugeRows += 1;
    }
    this.#gaugeSum += BigInt(sum);
    this.gauges += device.gauges.length;
    sum = 0;
    const first = tick === 0;
    const interval = first ? 0 : device.intervalMs(tick);
    for (const { id, read } of device.counters) {
      const row = this.#counterRows;
      const value = read(atMs);
      this.#counter.series[row] = id;
      this.#counter.ts[row] = ts;
      this.#words[2 * row] = value % TWO_32;
      this.#words[2 * row + 1] = value / TWO_32;
      this.#counter.interval[row] = interval;
      this.#counter.verdict[row] = first ? VERDICT.unknown : VERDICT.ok;
      sum += value;
      this.#counterRows += 1;
    }
    this.#counterSum += BigInt(sum);
    this.counters += device.counters.length;
  }

  tables(): TableRows[] {
    const { series, ts, value, status } = this.#gauge;
    const counter = this.#counter;
    return [
      { table: 'gauge', rows: this.#gaugeRows, data: [series, ts, this.#agents, value, status] },
      {
        table: 'counter',
        rows: this.#counterRows,
        data: [counter.series, counter.ts, this.#agents, counter.value, counter.interval, counter.verdict],
      },
    ];
  }

  sums(): Sums {
    return {
      gauges: this.gauges,
      counters: this.counters,
      gaugeSum: this.#gaugeSum,
      counterSum: this.#counterSum,
    };
  }
}
