/**
 * Which devices each is reached through, from the links: its neighbours that are one step nearer to where the agent
 * stands. Pure.
 *
 * Only what forwards leads further and is a parent; steps are counted once, so a ring of switches closes no circle. Over a routed link a device depends on the other end only where the same agent
 * measures both: an office with an agent of its own is not reached through headquarters.
 */
import type { Link } from '../model/discovery.ts';

export interface Point {
  readonly id: string;
  /** It forwards frames or packets for others. */
  readonly forwards: boolean;
  readonly agents: readonly string[];
}

/**
 * Parents by id, sorted; what no link reaches is not there. A root that forwards has none. One that does not (the first
 * address was a server's) has those it is plugged into, and is nobody's parent.
 */
export function dependenciesOf(
  points: readonly Point[],
  links: readonly Link[],
  roots: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(points.map((point) => [point.id, point]));
  const neighbours = new Map<string, { readonly id: string; readonly routed: boolean }[]>();
  for (const { a, b, source } of links) {
    neighbours.set(a, [...(neighbours.get(a) ?? []), { id: b, routed: source === 'route' }]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), { id: a, routed: source === 'route' }]);
  }
  const steps = new Map(roots.map((id) => [id, 0]));
  const queue = [...roots];
  for (const id of queue) {
    const step = steps.get(id) ?? 0;
    if (step > 0 && byId.get(id)?.forwards !== true) continue;
    for (const next of neighbours.get(id) ?? []) {
      if (steps.has(next.id)) continue;
      steps.set(next.id, step + 1);
      queue.push(next.id);
    }
  }
  const sameAgents = (id: string, other: string): boolean => {
    const theirs = new Set(byId.get(other)?.agents);
    return byId.get(id)?.agents.every((agent) => theirs.has(agent)) === true;
  };
  return new Map(
    points.flatMap(({ id }): [string, readonly string[]][] => {
      const step = steps.get(id);
      if (step === undefined) return [];
      const leaf = step === 0 && byId.get(id)?.forwards !== true;
      const parents = (neighbours.get(id) ?? [])
        .filter((next) => steps.get(next.id) === (leaf ? 1 : step - 1))
        .filter((next) => byId.get(next.id)?.forwards === true)
        .filter((next) => !next.routed || sameAgents(id, next.id))
        .map((next) => next.id);
      return [[id, [...new Set(parents)].toSorted()]];
    }),
  );
}

/**
 * The same parents without those that would close a circle through what people wrote (`fixed`): a person's word stands.
 */
export function withoutCircles(
  wanted: ReadonlyMap<string, readonly string[]>,
  fixed: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const parents = new Map([...fixed].filter(([id]) => !wanted.has(id)));
  const leadsTo = (from: string, id: string): boolean => {
    const seen = new Set([from]);
    for (const each of seen) {
      if (each === id) return true;
      for (const parent of parents.get(each) ?? []) seen.add(parent);
    }
    return false;
  };
  for (const [id, all] of wanted)
    parents.set(
      id,
      all.filter((parent) => !leadsTo(parent, id)),
    );
  return new Map([...wanted.keys()].map((id) => [id, parents.get(id) ?? []]));
}
