/**
 * Collects the next group from the two lanes. Live first: what waits in the live lane is taken before
 * the backlog gets what room is left, so a backlog delays live data by one group at most.
 * A group is closed when it is full (batches or bytes) or when nothing more waits.
 */
import type { Broker, Delivery, StreamKey } from '@kaiku/core';

export interface GroupLimits {
  readonly groupBatches: number;
  readonly groupBytes: number;
}

/** How long an idle logger waits in the live lane before it looks into the other one. */
const IDLE_WAIT_MS = 100;
/** Messages asked for at a time, so that a group passes its limit of bytes by little. */
const STEP = 16;

export type Pull = Pick<Broker, 'pull'>;

/** @returns the deliveries of one group; empty when nothing came within the wait. @throws BrokerError */
export async function collectGroup(broker: Pull, durable: string, limits: GroupLimits): Promise<readonly Delivery[]> {
  const out: Delivery[] = [];
  let bytes = 0;
  const full = (): boolean => out.length >= limits.groupBatches || bytes >= limits.groupBytes;
  const drain = async (lane: StreamKey, waitMs: number): Promise<void> => {
    let wait = waitMs;
    while (!full()) {
      const room = Math.min(STEP, limits.groupBatches - out.length);
      const some = await broker.pull(lane, durable, room, wait);
      if (some.length === 0) return;
      wait = 0;
      for (const delivery of some) {
        out.push(delivery);
        bytes += delivery.bytes.length;
      }
    }
  };
  try {
    await drain('data', 0);
    await drain('backlog', 0);
    if (out.length === 0) await drain('data', IDLE_WAIT_MS);
  } catch (error) {
    // What has come already is worth its group; the failure shows again at the next call.
    if (out.length === 0) throw error;
  }
  return out;
}
