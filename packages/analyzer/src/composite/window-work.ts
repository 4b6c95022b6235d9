/**
 * Computes five-minute windows of the held partitions and publishes their rows: what just closed (first provisional,
 * then final), what was never computed (a first start, a time without analyzers; newest first) and what late data
 * reopened. Beside the alarms' loop and never in its way: one bounded task at a time.
 *
 * Progress is what the stores hold: a new holder reads which final rows are there and computes the rest. Rows equal
 * to the stored ones are not written again. A lost row is found missing and computed again.
 */
import { derivedRows, seriesId, seriesRows, type DerivedRecord, type SeriesDescription } from '@kaiku/protocol';
import type { Log, Metrics, ResultPublisher } from '@kaiku/core';
import type { Clock } from '../lease/clock.ts';
import type { Lease, LeaseKeeper } from '../lease/keeper.ts';
import type { Hints } from '../read/hints.ts';
import { LateData } from '../read/late-data.ts';
import type { SeriesIndex } from '../read/series-index.ts';
import type { WatchedDevice, WatchPlan } from '../read/watch-plan.ts';
import { changedRows } from './changed.ts';
import { windowOf, WindowProgress, type Task } from './progress.ts';
import { groupDevices, LANES, marginOf, missingWindows, type ComputedWindows, type Lane } from './lanes.ts';
import { WINDOW_MS } from './window-rows.ts';
import type { StoreReader } from '../read/store-reader.ts';

/** How far back missing windows are computed. */
const BACKFILL_MS = 31 * 24 * 3600_000;
/** Room for the clocks of a former holder and the loggers. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** Windows younger than this are not yet looked for in the store. */
const RECENT_MS = 2 * 60_000;
/** Batches of results under way: with more, work waits. */
const MAX_WAITING = 32;
/** Time of one run: then the clock and the leases are looked at again. */
const RUN_MS = 5000;
const MAX_PAGES = 20;
const DAY_MS = 24 * 3600_000;

interface PartitionWindows {
  readonly token: number;
  readonly progress: ReadonlyMap<Lane, WindowProgress>;
  /** Device ids the progress speaks for. */
  readonly devices: string;
  /** Series described to the loggers, with the day it was done. */
  readonly described: Map<bigint, number>;
}

export interface WindowWorkOptions {
  readonly keeper: Pick<LeaseKeeper, 'leases'>;
  readonly hints: Pick<Hints, 'watermarkMs'>;
  readonly pool: StoreReader;
  readonly index: SeriesIndex;
  readonly plan: () => WatchPlan;
  readonly results: Pick<ResultPublisher, 'publish' | 'waiting'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

export class WindowWork {
  readonly #options: WindowWorkOptions;
  readonly #late: LateData;
  readonly #states = new Map<number, PartitionWindows>();

  constructor(options: WindowWorkOptions) {
    this.#options = options;
    this.#late = new LateData(options.pool);
  }

  /**
   * Works for a few seconds or until nothing is due.
   * @returns true when there is more to do at once
   * @throws StoreError; the next run goes on where this one was
   */
  async run(signal: AbortSignal): Promise<boolean> {
    const { keeper, plan, clock, index, results } = this.#options;
    const leases = keeper.leases();
    const watch = plan();
    const held = new Map(leases.map((lease) => [lease.partition, lease]));
    for (const [partition, state] of this.#states) {
      const stale = devicesKey(watch.partitions.get(partition) ?? []) !== state.devices;
      if (held.get(partition)?.token !== state.token || stale) this.#states.delete(partition);
    }
    if (watch.revision === 0 || leases.length === 0) return false;
    await index.refresh(leases.flatMap(({ partition }) => watch.partitions.get(partition) ?? []));
    for (const lease of leases) {
      const devices = watch.partitions.get(lease.partition) ?? [];
      if (!this.#states.has(lease.partition) && devices.length > 0) await this.#begin(lease, devices);
    }
    await this.#markLate(watch);
    const untilMs = clock.steadyMs() + RUN_MS;
    for (;;) {
      let worked = false;
      for (const lane of LANES) {
        // One task for each partition in turn, so that everybody's newest windows come before anybody's older ones.
        for (const lease of leases) {
          if (signal.aborted || results.waiting > MAX_WAITING) return false;
          if (clock.steadyMs() > untilMs) return true;
          if (await this.#work(lane, lease, watch)) worked = true;
        }
        if (worked) break;
      }
      if (!worked) return false;
    }
  }

  /** What is there already, what is missing. */
  async #begin(lease: Lease, devices: readonly WatchedDevice[]): Promise<void> {
    const { pool, index, clock } = this.#options;
    const nowMs = clock.wallMs();
    const summaries = await pool.read((store) => store.ledger.summaries());
    const agents = new Set(devices.flatMap((device) => device.agents));
    let earliestMs = nowMs;
    for (const { agent, firstMs } of summaries) if (agents.has(agent)) earliestMs = Math.min(earliestMs, firstMs);
    const from = windowOf(Math.max(earliestMs, nowMs - BACKFILL_MS));
    // What closed a moment ago goes the usual way: provisional, then final.
    const to = windowOf(nowMs - RECENT_MS) - 1;
    const lanes = new Map<Lane, WindowProgress>();
    for (const lane of LANES) {
      const progress = new WindowProgress(to, lane.windowsPerTask, marginOf(devices));
      lanes.set(lane, progress);
      const working = devices.filter((device) => lane.weight(device, index) > 0);
      if (from > to || working.length === 0) continue;
      const probes = lane.probes(working, index);
      const stored = await pool.read((store) =>
        store.read.derived(probes.flat(), from * WINDOW_MS, (to + 1) * WINDOW_MS),
      );
      for (const window of missingWindows(probes, stored, from, to)) progress.markDirty(window, window);
    }
    this.#late.rewind((lease.lastAliveMs > 0 ? lease.lastAliveMs : nowMs) - CLOCK_SLACK_MS);
    const state = { token: lease.token, progress: lanes, devices: devicesKey(devices), described: new Map() };
    this.#states.set(lease.partition, state);
  }

  async #markLate(watch: WatchPlan): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { arrivals, more } = await this.#late.next(this.#options.clock.wallMs());
      for (const { agent, firstMs, lastMs } of arrivals) {
        if (!watch.agents.has(agent)) continue;
        for (const { progress } of this.#states.values()) {
          for (const lane of progress.values()) lane.markArrival(firstMs, lastMs);
        }
      }
      if (!more) return;
    }
  }

  /** One task of one partition; false when nothing is due. */
  async #work(lane: Lane, lease: Lease, watch: WatchPlan): Promise<boolean> {
    const { hints, clock, index } = this.#options;
    const state = this.#states.get(lease.partition);
    const progress = state?.progress.get(lane);
    const devices = watch.partitions.get(lease.partition) ?? [];
    if (state === undefined || progress === undefined || !lease.valid()) return false;
    const agents = new Set(devices.flatMap((device) => device.agents));
    const task = progress.due(clock.wallMs(), hints.watermarkMs(agents));
    if (task === undefined) return false;
    for (const group of groupDevices(lane, devices, index)) {
      const computed = await lane.compute(this.#options.pool, index, group, task.from, task.to);
      if (!(await this.#write(lease, state, progress, task, computed))) return false;
    }
    progress.done(task);
    return true;
  }

  /** Publishes what the store does not say yet; false when the lease is gone. */
  async #write(
    lease: Lease,
    state: PartitionWindows,
    progress: WindowProgress,
    task: Task,
    { rows, described }: ComputedWindows,
  ): Promise<boolean> {
    const { pool, results, clock, metrics, log } = this.#options;
    const ids = described.map(seriesId);
    const stored = await pool.read((store) =>
      store.read.derived(ids, task.from * WINDOW_MS, (task.to + 1) * WINDOW_MS),
    );
    const changed = changedRows(rows, stored, task.final);
    if (changed.length === 0) return true;
    if (!lease.valid()) return false;
    const revisions = new Map<number, number>();
    const records: DerivedRecord[] = changed.map(({ series, tsMs, windowMs, value, observed }) => {
      const window = windowOf(tsMs);
      const revision = revisions.get(window) ?? progress.nextRevision(window);
      revisions.set(window, revision);
      const version = BigInt(lease.token) * 65_536n + BigInt(revision);
      return { series, tsMs, windowMs, value, observed, final: task.final, version };
    });
    const nowMs = clock.wallMs();
    const fresh = freshDescriptions(state.described, described, nowMs);
    const lastMs = Math.min((task.to + 1) * WINDOW_MS, nowMs);
    results
      .publish([seriesRows(fresh, nowMs), derivedRows(records)], task.from * WINDOW_MS, lastMs)
      .catch((error: unknown) => {
        log.error({ err: error, rows: records.length }, 'windows were not stored; they are computed again');
      });
    metrics.add('windowsComputed', task.to - task.from + 1);
    metrics.add('windowRowsPublished', records.length);
    return true;
  }
}

/** What a state's progress was made for. */
function devicesKey(devices: readonly WatchedDevice[]): string {
  return [marginOf(devices), ...devices.map((each) => each.id)].join(' ');
}

/** Those not described today: descriptions are repeated daily, so that any day's batches are complete. */
function freshDescriptions(
  known: Map<bigint, number>,
  described: readonly SeriesDescription[],
  nowMs: number,
): readonly SeriesDescription[] {
  const day = Math.floor(nowMs / DAY_MS);
  return described.filter((each) => {
    const id = seriesId(each);
    if (known.get(id) === day) return false;
    known.set(id, day);
    return true;
  });
}
