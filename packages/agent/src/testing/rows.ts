/** Rows for tests. Never imported by the service. */
import { agentId, type TableRows } from '@kaiku/protocol';
import type { SealMeta } from '../buffer/agent-buffer.ts';

/** `rows` gauge rows whose values begin at `seed`. */
export function gaugeRows(agent: string, rows: number, seed: number): TableRows {
  return {
    table: 'gauge',
    rows,
    data: [
      new BigUint64Array(rows).map((_, row) => BigInt(seed + row)),
      new BigInt64Array(rows).fill(1_700_000_000_000n),
      new BigUint64Array(rows).fill(agentId(agent)),
      new Float64Array(rows).map((_, row) => seed + row / 3),
      new Uint8Array(rows),
    ],
  };
}

export const META: SealMeta = {
  firstMs: 1_700_000_000_000,
  lastMs: 1_700_000_000_000,
  missedSlots: 0,
  clock: { offsetMs: null, monotonicMs: 1 },
};
