/**
 * Who seals batches, as a logger meets it: holds them in memory, publishes those it is told to, answers
 * commands by the real responder.
 */
import { createResponder, Pace, Uplink, type BatchSource, type Broker, type Log, type Part } from '@kaiku/core';
import {
  addRange,
  digestOf,
  EMPTY_RANGES,
  HOUR_MS,
  subtract,
  type EpochInventory,
  type LossReason,
  type RangeSet,
  type SealedBatch,
} from '@kaiku/protocol';
import { gaugeBatch, type BatchOptions } from './batches.ts';

export interface Sealer extends Part {
  readonly batches: Map<number, SealedBatch>;
  seal(options: BatchOptions): SealedBatch;
  /** Gives a batch up. */
  lose(seq: number, reason: LossReason): void;
  announce(): void;
}

const EPOCH = 1;

export function createSealer(agent: string, broker: Broker, log: Log): Sealer {
  const batches = new Map<number, SealedBatch>();
  const lost = new Map<LossReason, RangeSet>();
  let to = 0;
  const held = (): RangeSet => [...batches.keys()].reduce<RangeSet>((set, seq) => addRange(set, seq), EMPTY_RANGES);
  const hourOf = (batch: SealedBatch): number => Math.floor(batch.header.sealedMs / HOUR_MS) * HOUR_MS;
  const tuples = (set: RangeSet): [number, number][] => set.map(([from, top]) => [from, top]);
  const source: BatchSource = {
    agent,
    instance: '00000000000000aa',
    epoch: EPOCH,
    inventory: (): readonly EpochInventory[] => [
      {
        epoch: EPOCH,
        from: 1,
        to,
        held: tuples(held()),
        waiting: [],
        lost: [...lost].map(([reason, ranges]) => ({ reason, ranges: tuples(subtract(ranges, held())) })),
      },
    ],
    read: (_, seq) => batches.get(seq)?.bytes,
    audit: (_, fromMs, toMs) =>
      [...Map.groupBy(batches.values(), hourOf)]
        .filter(([hourMs]) => hourMs >= fromMs && hourMs < toMs)
        .sort(([a], [b]) => a - b)
        .map(([hourMs, list]) => ({
          hourMs,
          batches: list.length,
          digest: digestOf(list.map(({ sha256 }) => sha256)),
        })),
    list: (_, hourMs) =>
      [...batches.values()]
        .filter((batch) => hourOf(batch) === hourMs)
        .map(({ header, sha256 }) => ({ seq: header.seq, sha256 })),
    lacks: () => undefined,
  };
  const uplink = new Uplink({ log });
  const pace = new Pace(50 * 1024 * 1024, performance.now());
  const responder = createResponder({ source, uplink, pace, busy: () => false, log });
  return {
    name: `sealer ${agent}`,
    batches,
    seal: (options) => {
      const batch = gaugeBatch({ ...options, agent, epoch: EPOCH });
      batches.set(options.seq, batch);
      to = Math.max(to, options.seq);
      return batch;
    },
    lose: (seq, reason) => {
      batches.delete(seq);
      to = Math.max(to, seq);
      lost.set(reason, addRange(lost.get(reason) ?? EMPTY_RANGES, seq));
    },
    announce: () => responder.announce(),
    start: async () => {
      uplink.attach(broker);
      responder.attach(broker);
      await responder.start();
    },
    stop: () => responder.stop(),
  };
}
