/**
 * Puts known samples in the place of an agent's samplers and keeps an account of what was sealed: one line a batch,
 * written after `seal` answered. Used by generator-agent.ts; never by the service.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { missing, openBatch, VERDICT } from '@kaiku/protocol';
import type { Log, Metrics } from '@kaiku/core';
import type { AgentBuffer } from '../buffer/agent-buffer.ts';
import { Collector, type SeriesRef } from '../sample/collector.ts';
import * as known from './known-samples.ts';

const HOUR_MS = 3_600_000;
/** Length of one slice of devices in history made in advance: what a real agent seals at once. */
const SLICE_MS = 2000;
/** A clock that is further behind than this was set back. */
const SET_BACK_MS = 60_000;

export interface GeneratorOptions {
  readonly agent: string;
  readonly account: string;
  readonly series: number;
  readonly everyMs: number;
  readonly buffer: AgentBuffer;
  readonly clockOffsetMs: () => number | null;
  readonly metrics: Metrics;
  readonly log: Log;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #collector: Collector;
  readonly #refs: readonly SeriesRef[];
  readonly #salt: number;
  readonly #slices: readonly (readonly number[])[];
  /** Ticks that were sealed, whatever the clock said then. */
  readonly #sealed: Set<number>;
  #lastTick: number;
  /** Counted in slices since 1970; follows `#lastTick` until the first slice was sealed. */
  #lastSlice: number | undefined;
  #lines = '';

  constructor(options: GeneratorOptions) {
    const { agent, account, series, everyMs } = options;
    this.#options = options;
    this.#collector = new Collector(agent);
    this.#salt = known.agentSalt(agent);
    this.#refs = Array.from({ length: series }, (_, each) => {
      const { kind, ...name } = known.describeSeries(agent, each);
      return this.#collector.series(name, kind === 'gauge' ? 'gauge' : 'counter');
    });
    const slices = Math.max(1, Math.floor(everyMs / SLICE_MS));
    this.#slices = Array.from({ length: slices }, (_, slice) => known.seriesOfSlice(series, slice, slices));
    const lines = this.#readAccount(account);
    this.#appendUnwritten(lines);
    // The present tick may have been sealed a moment before a kill, without its line.
    this.#lastTick = lines.reduce((last, { tick }) => Math.max(last, tick), Math.floor(Date.now() / everyMs));
    this.#sealed = new Set(lines.map(({ tick }) => tick));
  }

  /** Seals `hours` of history, unless the account shows that this was done. @returns batches */
  backfill(hours: number): number {
    const { everyMs, buffer, account } = this.#options;
    if (readFileSync(account).length > 0) return 0;
    const slices = this.#slices.length;
    const end = this.#lastTick;
    let batches = 0;
    for (let tick = end - Math.floor((hours * HOUR_MS) / everyMs) + 1; tick <= end; tick += 1) {
      buffer.bulk(() => {
        for (let slice = 0; slice < slices; slice += 1) {
          const sealedMs = tick * everyMs + Math.floor(((slice + 1) * everyMs) / slices);
          const rows = this.#seal(tick, this.#slices[slice] ?? [], slice, slices, sealedMs);
          if (rows > 0) batches += 1;
        }
      });
      this.#write();
    }
    return batches;
  }

  /** Seals every tick that has passed since the last one, each as one batch. Follows a clock that was set back. */
  run(burstTicks: number): void {
    const { everyMs } = this.#options;
    const now = Math.floor(Date.now() / everyMs);
    if ((this.#lastTick - now) * everyMs > SET_BACK_MS) this.#lastTick = now - 1;
    // What passed while the process stood still is not made up for: a real agent misses those slots too.
    if (now - this.#lastTick < burstTicks) return;
    const first = Math.max(this.#lastTick + 1, now - burstTicks + 1);
    const all = known.seriesOfSlice(this.#refs.length);
    for (let tick = first; tick <= now; tick += 1) {
      this.#lastTick = tick;
      if (this.#sealed.has(tick)) continue;
      this.#sealed.add(tick);
      this.#seal(tick, all, 0, 1);
      this.#write();
    }
  }

  /** As history is: each tick in slices of devices, each sealed at its end. A late one is made up for. */
  runSlices(): void {
    const slices = this.#slices.length;
    const sliceMs = this.#options.everyMs / slices;
    const last = (this.#lastSlice ??= (this.#lastTick + 1) * slices - 1);
    const due = Math.floor(Date.now() / sliceMs) - 1;
    for (let each = Math.max(last + 1, due - slices); each <= due; each += 1) {
      this.#lastSlice = each;
      this.#lastTick = Math.floor(each / slices);
      this.#seal(this.#lastTick, this.#slices[each % slices] ?? [], each % slices, slices);
      this.#write();
    }
  }

  #seal(tick: number, series: readonly number[], slice: number, slices: number, sealedMs?: number): number {
    const { everyMs, buffer, clockOffsetMs, metrics, log } = this.#options;
    const tsMs = tick * everyMs;
    for (const each of series) {
      const ref = this.#refs[each];
      if (ref === undefined) continue;
      if (known.isGauge(each)) this.#collector.gauge(ref, tsMs, known.gaugeOf(this.#salt, each, tick), 0);
      else this.#collector.counter(ref, tsMs, known.counterOf(this.#salt, each, tick), everyMs, VERDICT.ok);
    }
    if (this.#collector.empty) return 0;
    const { tables, firstMs, lastMs, samples } = this.#collector.take();
    const clock = { offsetMs: clockOffsetMs(), monotonicMs: performance.now() };
    try {
      const meta = { firstMs, lastMs, missedSlots: 0, clock, ...(sealedMs === undefined ? {} : { sealedMs }) };
      const { epoch, seq } = buffer.seal(tables, meta);
      this.#lines += known.accountText({ epoch, seq, tick, rows: samples, slice, slices });
      metrics.add('sealedBatches');
      metrics.add('sealedSamples', samples);
      return samples;
    } catch (error) {
      metrics.add('lostSamples', samples);
      log.error({ err: error, samples }, 'samples could not be written to the buffer and are lost');
      buffer.prune();
      return 0;
    }
  }

  #write(): void {
    if (this.#lines === '') return;
    appendFileSync(this.#options.account, this.#lines);
    this.#lines = '';
  }

  #readAccount(file: string): readonly known.AccountLine[] {
    if (!existsSync(file)) appendFileSync(file, '');
    const text = readFileSync(file, 'utf8');
    const whole = text.lastIndexOf('\n') + 1;
    if (whole < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, whole)));
    return known.parseAccount(text);
  }

  /** Batches in the buffer whose line was not written: the process was killed between the two. */
  #appendUnwritten(lines: readonly known.AccountLine[]): void {
    const { buffer, everyMs } = this.#options;
    const accounted = new Map<number, number>();
    for (const { epoch, seq } of lines) accounted.set(epoch, Math.max(accounted.get(epoch) ?? 0, seq));
    for (const [epoch, ranges] of buffer.stored()) {
      const after = accounted.get(epoch) ?? 0;
      const holes = missing(missing(ranges, 1, ranges.at(-1)?.[1] ?? 0), after + 1, ranges.at(-1)?.[1] ?? 0);
      for (const [from, to] of holes) for (let seq = from; seq <= to; seq += 1) this.#appendFound(epoch, seq, everyMs);
    }
    this.#write();
  }

  #appendFound(epoch: number, seq: number, everyMs: number): void {
    const batch = openBatch(this.#options.buffer.read({ epoch, seq }) ?? new Uint8Array());
    if (!batch.ok) return;
    const rows = batch.blocks
      .filter(({ table }) => table === 'gauge' || table === 'counter')
      .reduce((sum, block) => sum + block.rows, 0);
    const { firstMs, sealedMs } = batch.header;
    const tick = Math.floor(firstMs / everyMs);
    const whole = rows === this.#refs.length;
    const slices = whole ? 1 : Math.max(1, Math.floor(everyMs / SLICE_MS));
    const slice = whole ? 0 : Math.ceil(((sealedMs - firstMs) * slices) / everyMs) - 1;
    this.#lines += known.accountText({ epoch, seq, tick, rows, slice, slices });
  }
}
