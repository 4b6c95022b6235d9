/**
 * Takes in what the three lanes bring, checks it at once, and says what goes to the store next. Two groups fill side
 * by side, while another may be with the store:
 *
 * ```
 *  live ─────────────▶ live group ──▶ as soon as the store is free
 *  replay, backlog ──▶ bulk group ──▶ when it is full, or nothing more came for a moment; in turns with live
 * ```
 *
 * So a live batch waits for one bulk group at most, and bulk groups are as large as the flood allows. A full group is
 * not filled further: the broker keeps what waits. Fed by the broker, feeds the pipeline.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Delivery, StreamKey } from '@kaiku/core';
import type { Checked } from '../record/commit.ts';
import type { GroupSize } from './group-size.ts';

/** How long an idle logger waits in the live lane before it looks into the others. */
const IDLE_WAIT_MS = 100;
/** The same while something is under way: with the store, or in a group. */
const BUSY_WAIT_MS = 20;
/** A bulk group that is not full waits for more: this long after the last message, and in all. */
const QUIET_MS = 150;
const LINGER_MS = 1000;
/** Messages of one group: of those the broker lets out unacknowledged (1000) the next group must get some. */
const MOST_MESSAGES = 400;
/** Messages taken at a time: few of the bulk lanes, for they may be bundles that take a while to check. */
const STEP = { live: 16, bulk: 4 } as const;

export type Pull = Pick<Broker, 'pull'>;

export interface Arrived extends Checked {
  readonly lane: StreamKey;
  /** True for one batch of each message. */
  readonly first: boolean;
}

export interface Group {
  readonly kind: 'live' | 'bulk';
  readonly batches: readonly Arrived[];
  readonly bytes: number;
  readonly rows: number;
}

export interface IntakeSizes {
  readonly live: GroupSize;
  readonly bulk: GroupSize;
}

export interface Intake {
  /**
   * Takes in what is there; waits a moment when nothing is.
   * @param busy ends when the store is free; undefined while it is
   * @throws BrokerError when nothing came and a lane failed
   */
  takeIn(sizes: IntakeSizes, busy: Promise<void> | undefined): Promise<void>;
  /** What the store should get now that it is free; undefined: nothing yet. */
  next(sizes: IntakeSizes, nowMs: number): Group | undefined;
}

class Filling {
  #batches: Arrived[] = [];
  #bytes = 0;
  #rows = 0;
  #messages = 0;
  #firstMs = 0;
  #lastMs = 0;

  get empty(): boolean {
    return this.#batches.length === 0;
  }

  isFull(size: GroupSize): boolean {
    return (
      this.#messages >= MOST_MESSAGES ||
      this.#batches.length >= size.batches ||
      this.#bytes >= size.bytes ||
      this.#rows >= size.rows
    );
  }

  /** No more is to be expected soon, or it has waited long enough. */
  isRipe(nowMs: number): boolean {
    return !this.empty && (nowMs - this.#lastMs >= QUIET_MS || nowMs - this.#firstMs >= LINGER_MS);
  }

  add(lane: StreamKey, checked: readonly Checked[], nowMs: number): void {
    if (this.empty) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    this.#messages += 1;
    checked.forEach((each, index) => {
      this.#batches.push({ ...each, lane, first: index === 0 });
      this.#bytes += each.delivery.bytes.length;
      if (each.verdict.kind === 'verified') this.#rows += each.verdict.row.rows;
    });
  }

  take(kind: Group['kind']): Group {
    const group = { kind, batches: this.#batches, bytes: this.#bytes, rows: this.#rows };
    this.#batches = [];
    this.#bytes = 0;
    this.#rows = 0;
    this.#messages = 0;
    return group;
  }
}

export function createIntake(broker: Pull, durable: string, open: (delivery: Delivery) => readonly Checked[]): Intake {
  const live = new Filling();
  const bulk = new Filling();
  let turn = 0;
  let liveWasLast = false;

  const pullInto = async (into: Filling, lane: StreamKey, most: number, waitMs: number): Promise<boolean> => {
    const some = await broker.pull(lane, durable, most, waitMs);
    for (const delivery of some) into.add(lane, open(delivery), performance.now());
    return some.length > 0;
  };
  /** What is here already of all lanes. Checking takes a while: what the store waits for is sent in between. */
  const takeAll = async (sizes: IntakeSizes): Promise<boolean> => {
    let came = false;
    try {
      if (!live.isFull(sizes.live)) came = await pullInto(live, 'data', STEP.live, 0);
      const lanes: readonly StreamKey[] = turn % 2 === 0 ? ['replay', 'backlog'] : ['backlog', 'replay'];
      turn += 1;
      for (const lane of lanes) {
        if (bulk.isFull(sizes.bulk)) break;
        if (await pullInto(bulk, lane, STEP.bulk, 0)) came = true;
        await new Promise((done) => setImmediate(done));
      }
    } catch (error) {
      // What has come already is worth its group; the failure shows again at the next call.
      if (!came) throw error;
    }
    return came;
  };

  return {
    takeIn: async (sizes, busy) => {
      if (await takeAll(sizes)) return;
      if (live.isFull(sizes.live)) await Promise.race([busy, sleep(IDLE_WAIT_MS)]);
      else {
        const idle = busy === undefined && live.empty && bulk.empty;
        await pullInto(live, 'data', STEP.live, idle ? IDLE_WAIT_MS : BUSY_WAIT_MS);
      }
    },
    next: (sizes, nowMs) => {
      const bulkIsDue = bulk.isFull(sizes.bulk) || bulk.isRipe(nowMs);
      if (!live.empty && !(bulkIsDue && liveWasLast)) {
        liveWasLast = true;
        return live.take('live');
      }
      if (!bulkIsDue) return undefined;
      liveWasLast = false;
      return bulk.take('bulk');
    },
  };
}
