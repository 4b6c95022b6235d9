/** Links that devices name themselves: LLDP before CDP; what both ends say is one link. Pure. */
import type { DeviceFinding } from '@kaiku/protocol';
import type { Link } from '../model/discovery.ts';
import { linkKey, ordered } from './link-ends.ts';
import type { WhoIsWho } from './who-is-who.ts';

type Interface = DeviceFinding['interfaces'][number];

export function namedLinks(who: WhoIsWho): readonly Link[] {
  const found = new Map<string, Link>();
  /** Ports at which LLDP has spoken for the pair. */
  const spoken = new Set<string>();
  for (const source of ['lldp', 'cdp'] as const) {
    for (const { node, id } of who.members) {
      for (const neighbour of node.finding.neighbours) {
        const peer = neighbour.source === source ? who.neighbour(neighbour) : undefined;
        if (peer === undefined || peer.id === id) continue;
        const at = JSON.stringify([id, neighbour.port, peer.id]);
        if (source === 'cdp' && spoken.has(at)) continue;
        const bPort = portNamed(peer.node.finding.interfaces, neighbour.peerPorts);
        const link = ordered({ a: id, aPort: neighbour.port, b: peer.id, bPort: bPort ?? '', source });
        const key = linkKey(link);
        if (!found.has(key)) found.set(key, link);
        spoken.add(at);
        if (bPort !== undefined) spoken.add(JSON.stringify([peer.id, bPort, id]));
      }
    }
  }
  return withoutHalves([...found.values()]);
}

/**
 * The port that is meant by one of the texts a neighbour told: by name before description, MAC and number. A MAC that
 * several ports share (a bridge and one of its ports) names none.
 */
function portNamed(interfaces: readonly Interface[], texts: readonly string[]): string | undefined {
  const tests: readonly ((each: Interface, text: string) => boolean)[] = [
    ({ name }, text) => name === text,
    ({ descr }, text) => descr === text,
    ({ mac }, text) => mac === text && interfaces.filter((each) => each.mac === text).length === 1,
    ({ alias }, text) => alias === text && text !== '',
    ({ index }, text) => String(index) === text,
  ];
  for (const test of tests) {
    for (const text of texts) {
      const found = interfaces.find((each) => test(each, text));
      if (found !== undefined) return found.name;
    }
  }
  return undefined;
}

/** Where one end could not name the other's port, the other end's own word stands instead. */
function withoutHalves(links: readonly Link[]): readonly Link[] {
  const half = (link: Link): boolean => link.aPort === '' || link.bPort === '';
  return links.filter(
    (link) =>
      !half(link) ||
      !links.some(
        (other) =>
          !half(other) &&
          other.a === link.a &&
          other.b === link.b &&
          (link.aPort === '' || link.aPort === other.aPort) &&
          (link.bPort === '' || link.bPort === other.bPort),
      ),
  );
}
