/** One target's bursts: asks the prober and puts rtt, rttMin, rttMax, ipdv and loss down. Never throws. */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { burstStats } from './burst-stats.ts';
import type { Prober } from './prober.ts';

export type IcmpCheck = Extract<CheckPlan, { check: 'icmp' }>;

type IcmpMetric = 'rtt' | 'rttMin' | 'rttMax' | 'ipdv' | 'loss';

const RESOLVE_EVERY_MS = 300_000;

export class IcmpTarget {
  readonly #address: string;
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #series: Readonly<Record<IcmpMetric, SeriesRef>>;
  #resolved: string | undefined;
  #resolvedAtMs = -Infinity;

  constructor(entity: string, address: string, collector: Collector, prober: Prober) {
    const series = (metric: string): SeriesRef => collector.series({ entity, metric, instance: '' }, 'gauge');
    this.#address = address;
    this.#collector = collector;
    this.#prober = prober;
    this.#series = {
      rtt: series('rtt'),
      rttMin: series('rttMin'),
      rttMax: series('rttMax'),
      ipdv: series('ipdv'),
      loss: series('loss'),
    };
  }

  async probe(slotMs: number, check: IcmpCheck): Promise<void> {
    const address = await this.#resolve();
    if (address === undefined) {
      if (this.#prober.available) this.#fail(slotMs, PROBE_STATUS.unreachable);
      return;
    }
    const { packets, spacingMs, timeoutMs } = check;
    const result = await this.#prober.burst({ address, packets, spacingMs, timeoutMs });
    if (result === undefined) return;
    const { rtt, ipdv, loss } = burstStats(result.rtts);
    if (rtt === undefined) {
      this.#fail(slotMs, result.unreachable ? PROBE_STATUS.unreachable : PROBE_STATUS.timeout);
      return;
    }
    this.#put('rtt', slotMs, rtt.median);
    this.#put('rttMin', slotMs, rtt.min);
    this.#put('rttMax', slotMs, rtt.max);
    if (ipdv !== undefined) this.#put('ipdv', slotMs, ipdv);
    this.#put('loss', slotMs, loss);
  }

  #put(metric: IcmpMetric, slotMs: number, value: number): void {
    this.#collector.gauge(this.#series[metric], slotMs, value, PROBE_STATUS.ok);
  }

  /** Nothing came back: no round-trip time, and all is lost. */
  #fail(slotMs: number, status: number): void {
    this.#collector.gauge(this.#series.rtt, slotMs, Number.NaN, status);
    this.#put('loss', slotMs, 1);
  }

  async #resolve(): Promise<string | undefined> {
    if (isIPv4(this.#address)) return this.#address;
    const nowMs = performance.now();
    if (this.#resolved !== undefined && nowMs - this.#resolvedAtMs < RESOLVE_EVERY_MS) return this.#resolved;
    try {
      this.#resolved = (await lookup(this.#address, { family: 4 })).address;
      this.#resolvedAtMs = nowMs;
    } catch {
      // The name server may be away: an answer that has grown old is better than none.
    }
    return this.#resolved;
  }
}
