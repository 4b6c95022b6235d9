/** Where an agent and a store disagree about the batches of an epoch, hour by hour and batch by batch. Pure. */
import { addRange, EMPTY_RANGES, hasValue, type HourDigest, type RangeSet } from '@kaiku/protocol';

/** Hours (their beginnings) in which the store does not hold just what the agent holds. */
export function differingHours(agent: readonly HourDigest[], store: readonly HourDigest[]): readonly number[] {
  const stored = new Map(store.map((hour) => [hour.hourMs, hour]));
  return agent
    .filter(({ hourMs, batches, digest }) => {
      const here = stored.get(hourMs);
      return here?.digest !== digest || here.batches !== batches;
    })
    .map(({ hourMs }) => hourMs);
}

export interface Difference {
  /** Held by the agent, not in the store, though this logger thought so. */
  readonly lost: RangeSet;
  /** In both with different hashes. */
  readonly conflicts: readonly number[];
}

/** Hashes of an agent's list are cut to this. */
const HASH_LENGTH = 16;

/**
 * @param thought what the logger thought was in the store before it asked either: the rest is known to be missing,
 *   or was on its way. What the store has and the agent not is no difference: agents forget.
 */
export function compareLists(
  agent: readonly (readonly [seq: number, hash: string])[],
  store: readonly { readonly seq: number; readonly sha256: string }[],
  thought: RangeSet,
): Difference {
  const stored = new Map(store.map(({ seq, sha256 }) => [seq, sha256.slice(0, HASH_LENGTH)]));
  let lost = EMPTY_RANGES;
  const conflicts: number[] = [];
  for (const [seq, hash] of agent) {
    if (!hasValue(thought, seq)) continue;
    const here = stored.get(seq);
    if (here === undefined) lost = addRange(lost, seq);
    else if (here !== hash) conflicts.push(seq);
  }
  return { lost, conflicts };
}
