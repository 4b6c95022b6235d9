/** What makes two links the same: their ends, in whatever order. Pure. */
import type { Link } from '../model/discovery.ts';

export type Ends = Pick<Link, 'a' | 'aPort' | 'b' | 'bPort'>;

/** The same link with its ends in order of their ids. */
export function ordered<T extends Ends>(link: T): T {
  return link.a < link.b || (link.a === link.b && link.aPort <= link.bPort)
    ? link
    : { ...link, a: link.b, aPort: link.bPort, b: link.a, bPort: link.aPort };
}

export function linkKey(link: Ends): string {
  const { a, aPort, b, bPort } = ordered(link);
  return JSON.stringify([a, aPort, b, bPort]);
}

export function inOrder<T extends Ends>(links: readonly T[]): T[] {
  return links
    .map((link) => ({ key: linkKey(link), link: ordered(link) }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ link }) => link);
}
