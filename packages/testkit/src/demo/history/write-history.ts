/**
 * History made in advance: what an agent would have sampled over the past days, sealed into its buffer so
 * that it takes the real path from there. Fast enough for millions of samples: values go straight from the
 * model's functions into typed arrays, no object per sample.
 *
 * Invariants: one batch holds one hour of all the agent's devices, rows ordered by (series, time);
 * counters carry interval and verdict as the protocol wants them; a device that was down has failed
 * `snmpRtt` rows and no others of SNMP; the last slot lies before `toMs`.
 */
import { agentId, factRows, judgeCounter, PROBE_STATUS, seriesRows, VERDICT, type TableRows } from '@kaiku/protocol';
import { compilePlan, type Catalog } from '@kaiku/catalog';
import type { SimDevice } from '../../sim/model/device.ts';
import { planSeries, type CounterSeries, type DevicePlan } from './series-plan.ts';

export interface HistorySink {
  /** The agent's buffer has it. */
  seal(
    tables: readonly TableRows[],
    meta: {
      readonly firstMs: number;
      readonly lastMs: number;
      readonly missedSlots: number;
      readonly clock: { readonly offsetMs: number | null; readonly monotonicMs: number };
    },
  ): unknown;
}

export interface HistoryOptions {
  readonly catalog: Catalog;
  readonly agent: string;
  readonly devices: readonly SimDevice[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Distance of samples, ms; 5 minutes by default. */
  readonly everyMs?: number;
  readonly sink: HistorySink;
  readonly onProgress?: (progress: {
    readonly doneMs: number;
    readonly totalMs: number;
    readonly samples: number;
  }) => void;
}

export interface HistoryReport {
  readonly samples: number;
  readonly series: number;
  readonly batches: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DEFAULT_EVERY_MS = 300_000;
const TWO_32 = 2 ** 32;
/** Slots of a device lie this far behind the round time at most. */
const SPREAD_MS = 10_000;

/** Writes the history of one agent. Synchronous, so that it fits the buffer's bulk mode. */
export function writeHistory(options: HistoryOptions): HistoryReport {
  const { catalog, agent, devices, fromMs, toMs, everyMs = DEFAULT_EVERY_MS, sink, onProgress } = options;
  const plans = planSeries(compilePlan(catalog, agent, 0), devices).map((plan) => new DeviceWriter(plan, everyMs));
  const id = agentId(agent);
  const series = plans.reduce((sum, plan) => sum + plan.seriesCount, 0);
  let samples = 0;
  let batches = 0;
  let described = Number.NaN;
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    const untilMs = Math.min(hourMs + HOUR_MS, toMs);
    const batch = new BatchColumns(id, plans, Math.ceil((untilMs - hourMs) / everyMs) + 1);
    for (const plan of plans) plan.write(batch, hourMs, untilMs);
    const tables = [...batch.tables()];
    const day = Math.floor(hourMs / DAY_MS);
    if (batch.samples > 0 && day !== described) {
      described = day;
      tables.unshift(...describeAll(plans, hourMs));
    }
    if (batch.samples > 0) {
      sink.seal(tables, {
        firstMs: batch.firstMs,
        lastMs: batch.lastMs,
        missedSlots: 0,
        clock: { offsetMs: 0, monotonicMs: hourMs - fromMs },
      });
      batches += 1;
      samples += batch.samples;
    }
    onProgress?.({ doneMs: untilMs - fromMs, totalMs: toMs - fromMs, samples });
  }
  return { samples, series, batches };
}

function describeAll(plans: readonly DeviceWriter[], tsMs: number): TableRows[] {
  const facts = plans.flatMap(({ plan }) => plan.facts.map((fact) => ({ entity: plan.device.id, tsMs, ...fact })));
  return [
    seriesRows(
      plans.flatMap(({ plan }) => plan.descriptions),
      tsMs,
    ),
    factRows(facts),
  ];
}

/** Columns of one batch's gauge and counter tables, large enough for every slot of every series. */
class BatchColumns {
  readonly gaugeSeries: BigUint64Array;
  readonly gaugeTs: BigInt64Array;
  readonly gaugeValue: Float64Array;
  readonly gaugeStatus: Uint8Array;
  readonly counterSeries: BigUint64Array;
  readonly counterTs: BigInt64Array;
  /** 64-bit values and the same memory as pairs of 32-bit words: writing those makes no BigInt. */
  readonly counterValue: BigUint64Array;
  readonly counterWords: Uint32Array;
  readonly counterInterval: Uint32Array;
  readonly counterVerdict: Uint8Array;
  readonly #agent: bigint;
  gauges = 0;
  counters = 0;
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;

  constructor(agent: bigint, plans: readonly DeviceWriter[], slots: number) {
    this.#agent = agent;
    const gauges = plans.reduce((sum, { plan }) => sum + plan.gauges.length, 0) * slots;
    const counters = plans.reduce((sum, { plan }) => sum + plan.counters.length, 0) * slots;
    this.gaugeSeries = new BigUint64Array(gauges);
    this.gaugeTs = new BigInt64Array(gauges);
    this.gaugeValue = new Float64Array(gauges);
    this.gaugeStatus = new Uint8Array(gauges);
    this.counterSeries = new BigUint64Array(counters);
    this.counterTs = new BigInt64Array(counters);
    this.counterValue = new BigUint64Array(counters);
    this.counterWords = new Uint32Array(this.counterValue.buffer);
    this.counterInterval = new Uint32Array(counters);
    this.counterVerdict = new Uint8Array(counters);
  }

  get samples(): number {
    return this.gauges + this.counters;
  }

  tables(): readonly TableRows[] {
    const agents = new BigUint64Array(Math.max(this.gauges, this.counters)).fill(this.#agent);
    const gauge = [this.gaugeSeries, this.gaugeTs, agents, this.gaugeValue, this.gaugeStatus];
    const counter = [
      this.counterSeries,
      this.counterTs,
      agents,
      this.counterValue,
      this.counterInterval,
      this.counterVerdict,
    ];
    const tables: TableRows[] = [
      { table: 'gauge', rows: this.gauges, data: gauge },
      { table: 'counter', rows: this.counters, data: counter },
    ];
    return tables.filter(({ rows }) => rows > 0);
  }
}

/** One device's series and, for its counters, the readings before. */
class DeviceWriter {
  readonly plan: DevicePlan;
  readonly #everyMs: number;
  readonly #offsetMs: number;
  readonly #lastValue: Float64Array;
  readonly #lastMs: Float64Array;

  constructor(plan: DevicePlan, everyMs: number) {
    this.plan = plan;
    this.#everyMs = everyMs;
    this.#offsetMs = Number((plan.gauges[0]?.id ?? 0n) % BigInt(Math.min(SPREAD_MS, everyMs)));
    this.#lastValue = new Float64Array(plan.counters.length).fill(Number.NaN);
    this.#lastMs = new Float64Array(plan.counters.length).fill(Number.NaN);
  }

  get seriesCount(): number {
    return this.plan.gauges.length + this.plan.counters.length;
  }

  write(batch: BatchColumns, fromMs: number, untilMs: number): void {
    const slots: number[] = [];
    const first = Math.ceil((fromMs - this.#offsetMs) / this.#everyMs) * this.#everyMs + this.#offsetMs;
    for (let atMs = first; atMs < untilMs; atMs += this.#everyMs) slots.push(atMs);
    const [firstMs] = slots;
    const lastMs = slots.at(-1);
    if (firstMs === undefined || lastMs === undefined) return;
    batch.firstMs = Math.min(batch.firstMs, firstMs);
    batch.lastMs = Math.max(batch.lastMs, lastMs);
    const down = slots.map((atMs) => this.plan.device.outages.isDown(atMs));
    const ts = BigInt64Array.from(slots, BigInt);
    this.#writeGauges(batch, slots, ts, down);
    this.#writeCounters(batch, slots, ts, down);
  }

  #writeGauges(batch: BatchColumns, slots: readonly number[], ts: BigInt64Array, down: readonly boolean[]): void {
    const { gaugeSeries, gaugeTs, gaugeValue, gaugeStatus } = batch;
    let row = batch.gauges;
    for (const { id, read, scale, whenDown } of this.plan.gauges) {
      const begin = row;
      for (let slot = 0; slot < slots.length; slot += 1) {
        const isDown = whenDown !== 'unaffected' && down[slot] === true;
        if (isDown && whenDown === 'absent') continue;
        gaugeTs[row] = ts[slot] ?? 0n;
        gaugeValue[row] = isDown ? Number.NaN : read(slots[slot] ?? 0) * scale;
        gaugeStatus[row] = isDown ? PROBE_STATUS.timeout : PROBE_STATUS.ok;
        row += 1;
      }
      gaugeSeries.fill(id, begin, row);
    }
    batch.gauges = row;
  }

  #writeCounters(batch: BatchColumns, slots: readonly number[], ts: BigInt64Array, down: readonly boolean[]): void {
    const { counterSeries, counterTs, counterWords, counterInterval, counterVerdict } = batch;
    let row = batch.counters;
    this.plan.counters.forEach((series, at) => {
      const begin = row;
      let lastValue = this.#lastValue[at] ?? Number.NaN;
      let lastMs = this.#lastMs[at] ?? Number.NaN;
      for (let slot = 0; slot < slots.length; slot += 1) {
        if (down[slot] === true) continue;
        const atMs = slots[slot] ?? 0;
        const value = series.read(atMs);
        counterTs[row] = ts[slot] ?? 0n;
        counterWords[2 * row] = value % TWO_32;
        counterWords[2 * row + 1] = value / TWO_32;
        counterVerdict[row] = this.#judge(series, lastValue, lastMs, value, atMs);
        counterInterval[row] = Number.isNaN(lastMs) ? 0 : atMs - lastMs;
        lastValue = value;
        lastMs = atMs;
        row += 1;
      }
      this.#lastValue[at] = lastValue;
      this.#lastMs[at] = lastMs;
      counterSeries.fill(series.id, begin, row);
    });
    batch.counters = row;
  }

  #judge(
    { bits, maxPerSecond }: CounterSeries,
    lastValue: number,
    lastMs: number,
    value: number,
    atMs: number,
  ): number {
    if (Number.isNaN(lastMs)) return VERDICT.unknown;
    const { boots } = this.plan.device;
    const restarted = boots.bootOf(lastMs) !== boots.bootOf(atMs);
    // Rising without a restart is the rule; only what is left needs judging, with its BigInts.
    if (value >= lastValue && !restarted) return VERDICT.ok;
    const verdict = judgeCounter(
      { value: BigInt(lastValue), atMs: lastMs },
      { value: BigInt(value), atMs },
      { bits, restarted, maxPerSecond },
    );
    return VERDICT[verdict];
  }
}
