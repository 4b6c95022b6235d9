/**
 * Collects the next group from the three lanes. Live first: what waits in the live lane is taken before
 * replay and backlog get what room is left, in turns, so they delay live data by one group at most.
 * A group is closed when it is full (batches or bytes) or when nothing more waits.
 */
import type { Broker, Delivery, StreamKey } from '@kaiku/core';
import type { GroupSize } from './group-size.ts';

/** How long an idle logger waits in the live lane before it looks into the others. */
const IDLE_WAIT_MS = 100;
/** Messages asked for at a time, so that a group passes its limit of bytes by little. */
const STEP = 16;

export type Pull = Pick<Broker, 'pull'>;

export interface Received {
  readonly lane: StreamKey;
  readonly delivery: Delivery;
}

export interface Collect {
  /** The deliveries of one group; empty when nothing came within the wait. @throws BrokerError */
  group(live: GroupSize, bulk: GroupSize): Promise<readonly Received[]>;
  /** What waits in the live lane at this moment; never throws: a failure shows at the next group. */
  live(size: GroupSize): Promise<readonly Received[]>;
}

export function createCollect(broker: Pull, durable: string): Collect {
  let turn = 0;

  const drain = async (into: Received[], lane: StreamKey, size: GroupSize, waitMs: number): Promise<void> => {
    let wait = waitMs;
    let bytes = into.reduce((sum, { delivery }) => sum + delivery.bytes.length, 0);
    while (into.length < size.batches && bytes < size.bytes) {
      const some = await broker.pull(lane, durable, Math.min(STEP, size.batches - into.length), wait);
      if (some.length === 0) return;
      wait = 0;
      for (const delivery of some) {
        into.push({ lane, delivery });
        bytes += delivery.bytes.length;
      }
    }
  };

  return {
    group: async (live, bulk) => {
      const out: Received[] = [];
      const lanes: readonly StreamKey[] = turn % 2 === 0 ? ['replay', 'backlog'] : ['backlog', 'replay'];
      turn += 1;
      try {
        await drain(out, 'data', live, 0);
        for (const lane of lanes) await drain(out, lane, bulk, 0);
        if (out.length === 0) await drain(out, 'data', live, IDLE_WAIT_MS);
      } catch (error) {
        // What has come already is worth its group; the failure shows again at the next call.
        if (out.length === 0) throw error;
      }
      return out;
    },
    live: async (size) => {
      const out: Received[] = [];
      await drain(out, 'data', size, 0).catch(() => undefined);
      return out;
    },
  };
}
