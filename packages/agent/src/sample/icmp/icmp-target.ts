/**
 * One target's bursts: asks the prober and puts down what came of them. Never throws. A burst of which nothing is known (no
 * prober, nothing left this machine) leaves no row: unobserved, not down. Fact `icmpAnsweredFrom`: another address
 * than was asked, from which answers come.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { burstStats, fittingTimeoutMs, type BurstStats } from './burst-stats.ts';
import type { BurstMessage } from './messages.ts';
import type { Prober } from './prober.ts';
import { TargetAddress } from './target-address.ts';
import { NO_CALL, voiceQuality } from './voice-quality.ts';

export type IcmpCheck = Extract<CheckPlan, { check: 'icmp' }>;

/** Told after each burst that was measured; traces routes. */
export type Watch = (burst: BurstMessage & { readonly address: string; readonly slotMs: number }) => void;

export class IcmpTarget {
  readonly #entity: string;
  readonly #address: TargetAddress;
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #watch: Watch;
  /** Made when first written: most targets never have duplicates, nor voice. */
  readonly #series = new Map<string, SeriesRef>();
  /** Last value of metrics that are written only around what is not zero. */
  readonly #counts = new Map<string, number>();
  #refusal = '';

  constructor(
    entity: string,
    address: string,
    parts: { readonly collector: Collector; readonly prober: Prober; readonly watch?: Watch },
  ) {
    this.#entity = entity;
    this.#address = new TargetAddress(address);
    this.#collector = parts.collector;
    this.#prober = parts.prober;
    this.#watch = parts.watch ?? (() => undefined);
  }

  /** Why this machine sent nothing of the last burst; empty when it did. */
  get refusal(): string {
    return this.#refusal;
  }

  async probe(slotMs: number, check: IcmpCheck): Promise<void> {
    const address = await this.#address.resolve();
    if (address === undefined) {
      if (this.#address.unknown && this.#prober.available) this.#fail(slotMs, PROBE_STATUS.unreachable);
      return;
    }
    const { packets, spacingMs, payloadBytes, dscp } = check;
    const timeoutMs = fittingTimeoutMs(check);
    const burst = await this.#prober.burst({ address, packets, spacingMs, timeoutMs, payloadBytes, dscp });
    if (burst === undefined) return;
    const stats = burstStats(burst.fates, burst.rtts);
    this.#refusal = stats.sent === 0 ? (burst.refusal ?? '') : '';
    if (stats.sent === 0) {
      if (burst.refusal !== null) this.#address.refused();
      return;
    }
    if (burst.arrived) this.#collector.fact(this.#entity, 'icmpAnsweredFrom', '', slotMs, burst.answeredFrom ?? '');
    if (stats.rtt === undefined)
      this.#fail(slotMs, burst.unreachable ? PROBE_STATUS.unreachable : PROBE_STATUS.timeout);
    else this.#record(slotMs, stats, stats.rtt, burst);
    if (check.voice !== undefined) {
      // Nothing comes through: as bad as a call can be, not a call nobody can judge.
      const { r, mos } = stats.rtt === undefined ? NO_CALL : voiceQuality(stats.rtt.median, stats.loss, check.voice);
      this.#put('voiceR', slotMs, r);
      this.#put('voiceMos', slotMs, mos);
    }
    if (check.trace) this.#watch({ ...burst, address, slotMs });
  }

  #record(slotMs: number, stats: BurstStats, rtt: NonNullable<BurstStats['rtt']>, burst: BurstMessage): void {
    this.#put('rtt', slotMs, rtt.median);
    this.#put('rttMin', slotMs, rtt.min);
    this.#put('rttMax', slotMs, rtt.max);
    if (rtt.p95 !== undefined) this.#put('rttP95', slotMs, rtt.p95);
    if (stats.ipdv !== undefined) this.#put('ipdv', slotMs, stats.ipdv);
    this.#put('loss', slotMs, stats.loss);
    this.#count('icmpDuplicates', slotMs, burst.duplicates);
    this.#count('icmpReordered', slotMs, burst.reordered);
  }

  /** Nothing came back: no round-trip time, and all is lost. */
  #fail(slotMs: number, status: number): void {
    this.#collector.gauge(this.#seriesOf('rtt'), slotMs, Number.NaN, status);
    this.#put('loss', slotMs, 1);
  }

  /** Zeros are left out, but for the one that ends a run of others. */
  #count(metric: string, slotMs: number, value: number): void {
    if (value === 0 && (this.#counts.get(metric) ?? 0) === 0) return;
    this.#counts.set(metric, value);
    this.#put(metric, slotMs, value);
  }

  #put(metric: string, slotMs: number, value: number): void {
    this.#collector.gauge(this.#seriesOf(metric), slotMs, value, PROBE_STATUS.ok);
  }

  #seriesOf(metric: string): SeriesRef {
    let series = this.#series.get(metric);
    if (series === undefined) {
      series = this.#collector.series({ entity: this.#entity, metric, instance: '' }, 'gauge');
      this.#series.set(metric, series);
    }
    return series;
  }
}
