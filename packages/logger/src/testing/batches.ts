/** Batches for tests: gauges of one series, sealed as an agent seals them. */
import type { Delivery } from '@kaiku/core';
import { agentId, sealBatch, seriesId, type SealedBatch, type TableRows } from '@kaiku/protocol';

export const NOON_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

export interface BatchOptions {
  readonly agent?: string;
  readonly epoch?: number;
  readonly seq: number;
  readonly rows?: number;
  readonly firstMs?: number;
  readonly stepMs?: number;
  /** Makes two batches of one key differ. */
  readonly value?: number;
  /** Whose id the rows carry, where it is not the sealing agent's. */
  readonly rowsOf?: string;
}

export function gaugeRows(options: BatchOptions): TableRows {
  const { agent = 'agent-a', rows = 2, stepMs = 1000, value = 1, seq } = options;
  const firstMs = options.firstMs ?? NOON_MS + seq * 10_000;
  return {
    table: 'gauge',
    rows,
    data: [
      new BigUint64Array(rows).fill(seriesId({ entity: 'device-1', metric: 'rtt', instance: '' })),
      BigInt64Array.from({ length: rows }, (_, row) => BigInt(firstMs + row * stepMs)),
      new BigUint64Array(rows).fill(agentId(options.rowsOf ?? agent)),
      new Float64Array(rows).fill(value),
      new Uint8Array(rows),
    ],
  };
}

export function gaugeBatch(options: BatchOptions): SealedBatch {
  const { agent = 'agent-a', epoch = 1, rows = 2, stepMs = 1000, seq } = options;
  const firstMs = options.firstMs ?? NOON_MS + seq * 10_000;
  const lastMs = firstMs + Math.max(0, rows - 1) * stepMs;
  return sealBatch(
    {
      agent,
      epoch,
      seq,
      firstMs: Math.max(0, firstMs),
      lastMs: Math.max(0, lastMs),
      sealedMs: Math.max(0, lastMs),
      missedSlots: 0,
      clock: { offsetMs: null, monotonicMs: 1 },
    },
    [gaugeRows(options)],
  );
}

export interface TestDelivery extends Delivery {
  acks: number;
}

export function delivery(bytes: Uint8Array, agent = 'agent-a', lane: 'data' | 'backlog' = 'data'): TestDelivery {
  return {
    subject: `kaiku.${lane}.${agent}`,
    bytes,
    pending: 0,
    deliveryCount: 1,
    acks: 0,
    ack(): void {
      this.acks += 1;
    },
    retry: () => undefined,
  };
}
