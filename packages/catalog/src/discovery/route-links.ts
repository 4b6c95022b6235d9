/**
 * Links by routing: a next hop is a neighbour, where nothing surer has linked the two parts of the network they stand
 * in (an operator's line, a switch that cannot be asked). Pure.
 */
import type { Link } from '../model/discovery.ts';
import { linkKey, ordered } from './link-ends.ts';
import type { Member, WhoIsWho } from './who-is-who.ts';

export function routeLinks(who: WhoIsWho, links: readonly Link[]): readonly Link[] {
  const partOf = parts(who.members, links);
  const found = new Map<string, Link>();
  for (const member of who.members) {
    for (const { address, port } of member.node.finding.nextHops) {
      const peer = who.byAddress(address);
      if (peer === undefined || partOf.get(peer.id) === partOf.get(member.id)) continue;
      const bPort = portBack(peer, member) ?? ownPort(peer, address);
      const link = ordered<Link>({ a: member.id, aPort: port, b: peer.id, bPort, source: 'route' });
      found.set(linkKey(link), link);
    }
  }
  return [...found.values()];
}

/** The port by which the peer routes back. */
function portBack(peer: Member, to: Member): string | undefined {
  return peer.node.finding.nextHops.find(({ address }) => to.node.addresses.has(address))?.port;
}

/** The port that has the address; on many devices the address belongs to a loopback, which leads nowhere. */
function ownPort(peer: Member, address: string): string {
  const port = peer.node.finding.addresses.find((each) => each.address === address)?.port ?? '';
  return /^lo/i.test(port) ? '' : port;
}

/** By member, the part of the network it stands in: what links join has one name. */
function parts(members: readonly Member[], links: readonly Link[]): ReadonlyMap<string, string> {
  const part = new Map(members.map(({ id }) => [id, id]));
  const root = (id: string): string => {
    let at = id;
    for (let up = part.get(at); up !== undefined && up !== at; up = part.get(at)) at = up;
    return at;
  };
  for (const { a, b } of links) part.set(root(a), root(b));
  return new Map(members.map(({ id }) => [id, root(id)]));
}
