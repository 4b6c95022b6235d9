/**
 * The live loop: hints and turns of the clock in, alarm events out.
 *
 * ```
 *  hints, clock ─▶ held partitions ─▶ read what is new ─▶ observations ─▶ alarm book ─▶ notifier
 *                       └─ newly acquired: book from the store, then the recent past
 * ```
 *
 * Invariants: a partition is worked on only under a valid lease, checked again before anything is told; state made
 * under a lease is thrown away when the lease stops being valid. Time is event time; the clock only decides what is
 * young, settled or silent. Failure: no store answers: the next turn reads from where the last good one ended.
 */
import type { Log, Metrics } from '@kaiku/core';
import type { AlarmEvent } from '@kaiku/protocol';

import { LeaseLostError } from '../errors.ts';
import type { Clock } from '../lease/clock.ts';
import type { Lease, LeaseKeeper } from '../lease/keeper.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { LastValue } from '../composite/computed.ts';
import { collectIds, ObservationSource, ruleSeries } from '../read/device-series.ts';
import type { Hints } from '../read/hints.ts';
import { readRaw } from '../read/reader.ts';
import type { SeriesIndex } from '../read/series-index.ts';
import { forInstance, watches, type WatchedDevice, type WatchPlan } from '../read/watch-plan.ts';
import type { AlarmBook, BookedEvent } from './book.ts';
import type { DownDevices } from './down.ts';
import { withReasons } from './reasons.ts';
import { recoverBook, REPLAY_MS } from './recover.ts';
import { LIVE_MS } from './tracker.ts';
import type { StoreReader } from '../read/store-reader.ts';

/** All devices are read this often even without a hint: hints may be lost. */
const SWEEP_MS = 5000;
/** Readings are read this much before the earliest time a hint names. */
const OVERLAP_MS = 1000;
/** Clocks of agents may run ahead. */
const AHEAD_MS = 60_000;
/** Intervals that must lie in a read for a counter's step to be in it. */
const STEP_INTERVALS = 2.5;

interface PartitionState {
  readonly token: number;
  readonly book: AlarmBook;
  /** Revision of the plan whose vanished rules were cleared. */
  planRevision: number;
}

export interface EvaluationOptions {
  readonly keeper: Pick<LeaseKeeper, 'leases'>;
  readonly hints: Pick<Hints, 'take' | 'livingAgents' | 'watermarkMs' | 'listenedMs'>;
  readonly pool: StoreReader;
  readonly index: SeriesIndex;
  readonly plan: () => WatchPlan;
  readonly down: DownDevices;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** One turn: `run` throws what the store threw; state stays fit for the next turn. */
export class Evaluation {
  readonly #options: EvaluationOptions;
  readonly #states = new Map<number, PartitionState>();
  readonly #lastValues = new Map<bigint, LastValue>();
  /** Devices with a slot that wants another look. */
  #waiting = new Set<string>();
  #sweptAtMs = -Infinity;
  /** Wall clock up to which all devices were read. */
  #readToMs = 0;

  constructor(options: EvaluationOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { keeper, plan, clock, metrics } = this.#options;
    const startedMs = clock.steadyMs();
    const leases = keeper.leases();
    this.#forget(leases);
    metrics.set('partitionsHeld', leases.length);
    if (plan().revision > 0 && leases.length > 0) await this.#evaluate(leases);
    let active = 0;
    for (const { book } of this.#states.values()) active += book.activeCount;
    metrics.set('alarmsActive', active);
    metrics.set('evaluationMs', clock.steadyMs() - startedMs);
  }

  #forget(leases: readonly Lease[]): void {
    const tokens = new Map(leases.map((lease) => [lease.partition, lease.token]));
    for (const [partition, state] of this.#states) {
      if (tokens.get(partition) !== state.token) this.#states.delete(partition);
    }
  }

  async #evaluate(leases: readonly Lease[]): Promise<void> {
    const { plan, index, hints, clock, metrics } = this.#options;
    const watch = plan();
    const held = leases.flatMap(({ partition }) => watch.partitions.get(partition) ?? []);
    await index.refresh(held);
    for (const lease of leases) {
      if (!this.#states.has(lease.partition)) await this.#recover(lease, watch);
    }
    const fresh = hints.take();
    const nowMs = clock.wallMs();
    this.#dropUnwatched(leases, watch, nowMs);
    const sweep = clock.steadyMs() - this.#sweptAtMs >= SWEEP_MS;
    const devices = sweep
      ? held
      : held.filter(({ id, agents }) => this.#waiting.has(id) || agents.some((agent) => fresh.agents.has(agent)));
    try {
      await this.#look(leases, devices, this.#sinceMs(fresh.fromMs, nowMs), nowMs);
    } catch (error) {
      // What the hints named is still to be read: the next turn looks at everything.
      this.#sweptAtMs = -Infinity;
      throw error;
    }
    if (sweep) {
      this.#sweptAtMs = clock.steadyMs();
      this.#readToMs = nowMs;
    }
    const watermarkMs = hints.watermarkMs(watch.agents);
    if (Number.isFinite(watermarkMs)) metrics.set('watermarkLagMs', Math.max(nowMs - watermarkMs, 0));
  }

  /** From when to read: what hints name as far as it is live, and all since the last good sweep. */
  #sinceMs(hintedMs: number, nowMs: number): number {
    const overlapMs = SWEEP_MS * 3;
    const live = Math.max(Math.min(hintedMs - OVERLAP_MS, nowMs - overlapMs), nowMs - LIVE_MS);
    if (this.#readToMs === 0) return live;
    return Math.max(Math.min(live, this.#readToMs - overlapMs), nowMs - REPLAY_MS);
  }

  /** What the store knows of the partition's alarms, then the recent past. */
  async #recover(lease: Lease, watch: WatchPlan): Promise<void> {
    const { pool, down, clock, log } = this.#options;
    const devices = watch.partitions.get(lease.partition) ?? [];
    const nowMs = clock.wallMs();
    const entities = devices.map((device) => device.id);
    const { book, active } = await recoverBook(pool, entities, lease.token, nowMs);
    for (const event of active) {
      down.note(watch.devices.get(event.entity), event);
    }
    this.#states.set(lease.partition, { token: lease.token, book, planRevision: 0 });
    try {
      await this.#look([lease], devices, nowMs - REPLAY_MS, nowMs);
    } catch (error) {
      this.#states.delete(lease.partition);
      throw error;
    }
    log.info({ partition: lease.partition, devices: devices.length, active: book.activeCount }, 'partition taken up');
  }

  /** Reads devices from `sinceMs` on and tells what comes of it. @throws StoreError */
  async #look(
    leases: readonly Lease[],
    devices: readonly WatchedDevice[],
    sinceMs: number,
    nowMs: number,
  ): Promise<void> {
    const { pool, index } = this.#options;
    if (devices.length === 0) return;
    const ids = { gauges: new Set<bigint>(), counters: new Set<bigint>() };
    let everyMs = 0;
    for (const device of devices) {
      collectIds(device, index, ids);
      for (const watched of device.rules) everyMs = Math.max(everyMs, watched.everyMs);
    }
    const toMs = nowMs + AHEAD_MS;
    const raw = await readRaw(
      pool,
      { ids: [...ids.gauges], fromMs: sinceMs, toMs },
      { ids: [...ids.counters], fromMs: sinceMs - everyMs * STEP_INTERVALS, toMs },
    );
    const source = new ObservationSource(raw, index, this.#lastValues);
    const byPartition = Map.groupBy(devices, (device) => device.partition);
    for (const lease of leases) {
      const mine = byPartition.get(lease.partition);
      if (mine !== undefined) await this.#judge(lease, mine, source, nowMs);
    }
  }

  async #judge(
    lease: Lease,
    devices: readonly WatchedDevice[],
    source: ObservationSource,
    nowMs: number,
  ): Promise<void> {
    const { plan, index, hints, down, pool, log } = this.#options;
    const state = this.#states.get(lease.partition);
    if (state === undefined || !lease.valid()) return;
    const watch = plan();
    const parentsOf = (entity: string): readonly string[] => watch.devices.get(entity)?.parents ?? [];
    const booked: BookedEvent[] = [];
    for (const device of devices) {
      const context = {
        nowMs,
        expectedAgents: hints.livingAgents(device.agents),
        watermarkMs: hints.watermarkMs(device.agents),
        listenedMs: hints.listenedMs(device.agents),
        isCutOff: (each: WatchedDevice, tsMs: number) =>
          down.isCutOff(each.parents, tsMs, parentsOf) ||
          (!each.agents.includes(each.id) && down.isCutOff(each.agents, tsMs, () => [])),
      };
      let waiting = false;
      for (const rule of device.rules) {
        for (const series of ruleSeries(device, rule, index)) {
          const watched = forInstance(rule, series.instance);
          const observations = source.of(device, watched, series);
          const result = state.book.observe(device, watched, series.instance, observations, context);
          waiting ||= result.waiting;
          booked.push(...result.events);
          for (const { event } of result.events) down.note(device, event);
        }
      }
      if (waiting) this.#waiting.add(device.id);
      else this.#waiting.delete(device.id);
    }
    const onFailed = (err: unknown): void => log.warn({ err }, 'alarms are told without their reasons');
    this.#tell(lease, await withReasons(pool, booked, onFailed));
  }

  /** Alarms of rules and devices that the catalog has no more. */
  #dropUnwatched(leases: readonly Lease[], watch: WatchPlan, nowMs: number): void {
    for (const lease of leases) {
      const state = this.#states.get(lease.partition);
      if (state === undefined || state.planRevision === watch.revision) continue;
      state.planRevision = watch.revision;
      const gone = state.book.dropUnwatched((...alarm) => isWatched(watch, lease.partition, ...alarm), nowMs);
      this.#tell(lease, gone);
    }
  }

  #tell(lease: Lease, events: readonly AlarmEvent[]): void {
    try {
      this.#options.notifier.tell(lease, events);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      // The book believes it told them; whoever holds the partition next begins from the store.
      this.#states.delete(lease.partition);
    }
  }
}

function isWatched(watch: WatchPlan, partition: number, entity: string, rule: string, instance: string): boolean {
  const device = watch.devices.get(entity);
  // Of another partition (their number was changed): not ours to clear.
  if (device !== undefined && device.partition !== partition) return true;
  return device?.rules.some((each) => each.rule.id === rule && watches(each, instance)) ?? false;
}
