/**
 * Growable columns for the two tables that carry samples. Rows are appended straight into typed arrays,
 * no object per sample; `take` hands out views that are valid until the next append, which is enough
 * because sealing is synchronous.
 */
import type { TableRows } from '@kaiku/protocol';

const FIRST_ROWS = 1024;

export class GaugeColumns {
  #series = new BigUint64Array(FIRST_ROWS);
  #ts = new BigInt64Array(FIRST_ROWS);
  #agent = new BigUint64Array(FIRST_ROWS);
  #value = new Float64Array(FIRST_ROWS);
  #status = new Uint8Array(FIRST_ROWS);
  readonly #agentId: bigint;
  #rows = 0;

  constructor(agentId: bigint) {
    this.#agentId = agentId;
    this.#agent.fill(agentId);
  }

  get rows(): number {
    return this.#rows;
  }

  append(series: bigint, tsMs: bigint, value: number, status: number): void {
    if (this.#rows === this.#series.length) this.#grow();
    const row = this.#rows;
    this.#series[row] = series;
    this.#ts[row] = tsMs;
    this.#value[row] = value;
    this.#status[row] = status;
    this.#rows = row + 1;
  }

  take(): TableRows {
    const rows = this.#rows;
    this.#rows = 0;
    return { table: 'gauge', rows, data: [this.#series, this.#ts, this.#agent, this.#value, this.#status] };
  }

  #grow(): void {
    const size = this.#series.length * 2;
    this.#series = enlarge(this.#series, new BigUint64Array(size));
    this.#ts = enlarge(this.#ts, new BigInt64Array(size));
    this.#agent = new BigUint64Array(size).fill(this.#agentId);
    this.#value = enlarge(this.#value, new Float64Array(size));
    this.#status = enlarge(this.#status, new Uint8Array(size));
  }
}

export class CounterColumns {
  #series = new BigUint64Array(FIRST_ROWS);
  #ts = new BigInt64Array(FIRST_ROWS);
  #agent = new BigUint64Array(FIRST_ROWS);
  #value = new BigUint64Array(FIRST_ROWS);
  #interval = new Uint32Array(FIRST_ROWS);
  #verdict = new Uint8Array(FIRST_ROWS);
  readonly #agentId: bigint;
  #rows = 0;

  constructor(agentId: bigint) {
    this.#agentId = agentId;
    this.#agent.fill(agentId);
  }

  get rows(): number {
    return this.#rows;
  }

  append(series: bigint, tsMs: bigint, value: bigint, intervalMs: number, verdict: number): void {
    if (this.#rows === this.#series.length) this.#grow();
    const row = this.#rows;
    this.#series[row] = series;
    this.#ts[row] = tsMs;
    this.#value[row] = value;
    this.#interval[row] = intervalMs;
    this.#verdict[row] = verdict;
    this.#rows = row + 1;
  }

  take(): TableRows {
    const rows = this.#rows;
    this.#rows = 0;
    return {
      table: 'counter',
      rows,
      data: [this.#series, this.#ts, this.#agent, this.#value, this.#interval, this.#verdict],
    };
  }

  #grow(): void {
    const size = this.#series.length * 2;
    this.#series = enlarge(this.#series, new BigUint64Array(size));
    this.#ts = enlarge(this.#ts, new BigInt64Array(size));
    this.#agent = new BigUint64Array(size).fill(this.#agentId);
    this.#value = enlarge(this.#value, new BigUint64Array(size));
    this.#interval = enlarge(this.#interval, new Uint32Array(size));
    this.#verdict = enlarge(this.#verdict, new Uint8Array(size));
  }
}

interface Settable<T> {
  set(values: T): void;
}

function enlarge<T extends Settable<T>>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
