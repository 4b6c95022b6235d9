/** Acknowledgements to agents, put together per agent and epoch. Pure. */
import { addRange, EMPTY_RANGES, type AckMessage, type Range, type RangeSet } from '@kaiku/protocol';
import type { LedgerRow } from '@kaiku/store';
import type { EpochView } from '../record/ledger.ts';

/** The most ranges one message holds (see ackMessageSchema). */
const RANGES = 1000;

function toTuples(ranges: RangeSet): [number, number][] {
  return ranges.map(([from, to]: Range) => [from, to]);
}

/** What a logger says of batches that are in its store now. */
export function ackMessages(logger: string, rows: readonly LedgerRow[]): readonly AckMessage[] {
  const groups = new Map<string, { agent: string; epoch: number; ranges: RangeSet; firstMs: number; lastMs: number }>();
  for (const { agent, epoch, seq, firstMs, lastMs } of rows) {
    const key = `${agent} ${epoch}`;
    const group = groups.get(key) ?? { agent, epoch, ranges: EMPTY_RANGES, firstMs: Infinity, lastMs: 0 };
    group.ranges = addRange(group.ranges, seq);
    group.firstMs = Math.min(group.firstMs, firstMs);
    group.lastMs = Math.max(group.lastMs, lastMs);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ agent, epoch, ranges, firstMs, lastMs }) => {
    const messages: AckMessage[] = [];
    for (let from = 0; from < ranges.length; from += RANGES) {
      const part = toTuples(ranges.slice(from, from + RANGES));
      messages.push({ v: 1, logger, agent, epoch, ranges: part, firstMs, lastMs, bundles: true });
    }
    return messages;
  });
}

/** Newest epochs of an agent that standing acknowledgements repeat. */
const EPOCHS = 3;

/**
 * Everything a logger has of each agent's newest epochs, repeated now and then: it heals an
 * acknowledgement lost on its way, and an agent rolled back to an older disk hears of its own future.
 * The times name only the newest sample, because nothing new became readable.
 */
export function standingAcks(
  logger: string,
  epochs: readonly Pick<EpochView, 'agent' | 'epoch' | 'ranges' | 'newestMs'>[],
  sinceMs: number,
): readonly AckMessage[] {
  const byAgent = Map.groupBy(
    epochs.filter((view) => view.newestMs >= sinceMs),
    (view) => view.agent,
  );
  return [...byAgent.values()].flatMap((views) =>
    views
      .sort((a, b) => b.epoch - a.epoch)
      .slice(0, EPOCHS)
      .map(({ agent, epoch, ranges, newestMs }) => ({
        v: 1 as const,
        logger,
        agent,
        epoch,
        ranges: toTuples(ranges.slice(-RANGES)),
        firstMs: newestMs,
        lastMs: newestMs,
        bundles: true,
      })),
  );
}
