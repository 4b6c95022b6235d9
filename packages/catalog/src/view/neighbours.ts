/** A device's links as seen from it: which of its ports leads to which port of whom. Pure. */
import type { Link } from '../model/discovery.ts';

export interface Neighbour {
  /** Own port; empty where it is not known. */
  readonly port: string;
  readonly peer: string;
  readonly peerPort: string;
  readonly source: Link['source'];
}

/** How a link is known, for people. */
export const LINK_SOURCE_WORDS: Readonly<Record<Link['source'], string>> = {
  manual: 'by hand',
  lldp: 'LLDP',
  cdp: 'CDP',
  bridge: 'bridge table',
  route: 'next hop',
};

/** By port (`Gi1/0/2` before `Gi1/0/10`), then neighbour. */
export function neighboursOf(links: readonly Link[], device: string): readonly Neighbour[] {
  return links
    .flatMap(({ a, aPort, b, bPort, source }): Neighbour[] => {
      if (a === device) return [{ port: aPort, peer: b, peerPort: bPort, source }];
      return b === device ? [{ port: bPort, peer: a, peerPort: aPort, source }] : [];
    })
    .toSorted((x, y) => natural(x.port, y.port) || natural(x.peer, y.peer) || natural(x.peerPort, y.peerPort));
}

const natural = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
