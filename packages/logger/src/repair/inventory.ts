/**
 * What the agents say they hold and lost, by agent and instance (a copied agent is a second instance
 * under the same name). Fed with InventoryMessages, asked by the gap planner. Pure, and bounded per agent:
 * an instance not heard of for ALIVE_MS no longer speaks for anything.
 */
import { addAll, EMPTY_RANGES, subtract, type InventoryMessage, type LossReason, type RangeSet } from '@kaiku/protocol';

/** Inventories come each minute: two may be lost. */
const ALIVE_MS = 150_000;
const AGENTS = 10_000;
const INSTANCES = 4;
const EPOCHS = 1000;
/** Ranges kept of one instance; epochs beyond are those of old. */
const RANGES = 100_000;

export interface EpochKnown {
  readonly held: RangeSet;
  readonly waiting: RangeSet;
  readonly lost: ReadonlyMap<LossReason, RangeSet>;
  /** Highest number ever used, as far as told. */
  readonly to: number;
}

export interface InstanceKnown {
  readonly instance: string;
  readonly receivedMs: number;
  /** The epoch it seals under. */
  readonly epoch: number;
  /** It named every epoch it knows. */
  readonly complete: boolean;
  readonly epochs: ReadonlyMap<number, EpochKnown>;
}

export interface Inventories {
  add(message: InventoryMessage, nowMs: number): void;
  /** Instances of an agent that are alive; empty where none is. */
  of(agent: string, nowMs: number): readonly InstanceKnown[];
  agents(): readonly string[];
}

const NOTHING: EpochKnown = { held: EMPTY_RANGES, waiting: EMPTY_RANGES, lost: new Map(), to: 0 };

function merge(before: EpochKnown, part: InventoryMessage['epochs'][number]): EpochKnown {
  const told: RangeSet = [[part.from, part.to]];
  const patch = (old: RangeSet, fresh: RangeSet): RangeSet =>
    old.length === 0 ? addAll(EMPTY_RANGES, fresh) : addAll(subtract(old, told), fresh);
  const lost = new Map([...before.lost].map(([reason, ranges]) => [reason, subtract(ranges, told)]));
  for (const { ranges, reason } of part.lost) lost.set(reason, addAll(lost.get(reason) ?? EMPTY_RANGES, ranges));
  return {
    held: patch(before.held, part.held),
    waiting: patch(before.waiting, part.waiting),
    lost,
    to: Math.max(before.to, part.to),
  };
}

function sizeOf({ held, waiting, lost }: EpochKnown): number {
  return [...lost.values()].reduce((sum, ranges) => sum + ranges.length, 1 + held.length + waiting.length);
}

/** The newest epochs that fit. */
function bounded(epochs: ReadonlyMap<number, EpochKnown>): ReadonlyMap<number, EpochKnown> {
  let left = RANGES;
  const newest = [...epochs].sort(([a], [b]) => b - a).slice(0, EPOCHS);
  return new Map(
    newest.filter(([, known]) => {
      left -= sizeOf(known);
      return left >= 0;
    }),
  );
}

export function createInventories(): Inventories {
  const agents = new Map<string, Map<string, InstanceKnown>>();
  return {
    add: (message, nowMs) => {
      let instances = agents.get(message.agent);
      if (instances === undefined) {
        if (agents.size >= AGENTS) return;
        agents.set(message.agent, (instances = new Map()));
      }
      const before = message.complete ? undefined : instances.get(message.instance);
      const epochs = new Map(before?.epochs);
      for (const part of message.epochs) epochs.set(part.epoch, merge(epochs.get(part.epoch) ?? NOTHING, part));
      const kept = bounded(epochs);
      instances.delete(message.instance);
      instances.set(message.instance, {
        instance: message.instance,
        receivedMs: nowMs,
        epoch: message.epoch,
        complete: message.complete && kept.size === epochs.size,
        epochs: kept,
      });
      for (const oldest of instances.keys()) {
        if (instances.size <= INSTANCES) break;
        instances.delete(oldest);
      }
    },
    of: (agent, nowMs) => [...(agents.get(agent)?.values() ?? [])].filter((each) => nowMs - each.receivedMs < ALIVE_MS),
    agents: () => [...agents.keys()],
  };
}

/** What can be had of an epoch, and what is lost, over all instances that are alive. */
export interface EpochTold {
  readonly held: RangeSet;
  /** Held, but it comes by itself. */
  readonly waiting: RangeSet;
  /** Held by nobody. */
  readonly lost: readonly { readonly reason: LossReason; readonly ranges: RangeSet }[];
}

export function toldOf(instances: readonly InstanceKnown[], epoch: number): EpochTold | undefined {
  const known = instances.flatMap((each) => each.epochs.get(epoch) ?? []);
  const [first, ...rest] = known;
  if (first === undefined) return undefined;
  const held = rest.reduce((sum, each) => addAll(sum, each.held), first.held);
  const waiting = rest.reduce((sum, each) => addAll(sum, each.waiting), first.waiting);
  const reasons = new Map<LossReason, RangeSet>();
  let told: RangeSet = held;
  for (const { lost } of known) {
    for (const [reason, ranges] of lost) {
      // A number has one reason: the one told first.
      const fresh = subtract(ranges, told);
      if (fresh.length === 0) continue;
      reasons.set(reason, addAll(reasons.get(reason) ?? EMPTY_RANGES, fresh));
      told = addAll(told, fresh);
    }
  }
  return { held, waiting, lost: [...reasons].map(([reason, ranges]) => ({ reason, ranges })) };
}
