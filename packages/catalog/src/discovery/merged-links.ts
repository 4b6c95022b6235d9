/** The links of a fragment: those found now, and of those of before what may still be there. Pure. */
import type { Link } from '../model/discovery.ts';
import { inOrder, linkKey } from './link-ends.ts';

export interface Merging {
  readonly now: readonly Link[];
  /** Of the former fragment. */
  readonly former: readonly Link[];
  /** Written by hand: never repeated. */
  readonly byHand: readonly Link[];
  readonly found: ReadonlySet<string>;
  /** Of this device's tables of neighbours only a part is known. */
  readonly half: (id: string) => boolean;
}

/**
 * A link of before stays where one of its devices was not found, or read by half: it may come back; not where a port of
 * it leads elsewhere now. Between two that were read whole, what is not told is not there. What is only inferred beside a
 * device that was read by half does not stand beside what was known.
 */
export function mergedLinks({ now, former, byHand, found, half }: Merging): readonly Link[] {
  const handKeys = new Set(byHand.map(linkKey));
  const formerKeys = new Set(former.map(linkKey));
  const placed = new Set(former.flatMap(({ a, b }) => [a, b]));
  const unsure = new Set(former.filter(({ a, b }) => half(a) || half(b)).flatMap(({ a, b }) => [a, b]));
  const inferred = ({ a, b }: Link): boolean => (!unsure.has(a) && !unsure.has(b)) || !placed.has(a) || !placed.has(b);
  const named = ({ source }: Link): boolean => source === 'lldp' || source === 'cdp';
  const taken = now.filter((link) => {
    const key = linkKey(link);
    return !handKeys.has(key) && (named(link) || formerKeys.has(key) || inferred(link));
  });
  const keys = new Set([...handKeys, ...taken.map(linkKey)]);
  const port = (id: string, name: string): string => (name === '' ? '' : JSON.stringify([id, name]));
  const used = new Set(taken.filter(named).flatMap(({ a, aPort, b, bPort }) => [port(a, aPort), port(b, bPort)]));
  used.delete('');
  const whole = (id: string): boolean => found.has(id) && !half(id);
  const kept = former.filter(
    (link) =>
      !keys.has(linkKey(link)) &&
      (link.source === 'manual' ||
        (!(whole(link.a) && whole(link.b)) &&
          !used.has(port(link.a, link.aPort)) &&
          !used.has(port(link.b, link.bPort)))),
  );
  return inOrder([...taken, ...kept]);
}
