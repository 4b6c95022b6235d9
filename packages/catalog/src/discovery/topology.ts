/**
 * How the devices found are linked, from what each tells of the others. Pure; the order of the findings plays no part.
 *
 * ```
 *  LLDP, CDP (a device names its neighbour and the port)
 *    └▶ bridge tables: switches that see each other and nobody between; devices at the port where they are learnt
 *         └▶ next hops, between parts of the network that nothing has linked so far
 * ```
 * Each step adds only what the surer ones before it leave open.
 */
import type { Link } from '../model/discovery.ts';
import { bridgeLinks } from './bridge-links.ts';
import { inOrder } from './link-ends.ts';
import { namedLinks } from './named-links.ts';
import type { Node } from './nodes.ts';
import { routeLinks } from './route-links.ts';
import { whoIsWho } from './who-is-who.ts';

export function topologyOf(ids: ReadonlyMap<Node, string>): readonly Link[] {
  const who = whoIsWho(ids);
  const named = namedLinks(who);
  const layer2 = [...named, ...bridgeLinks(who, named)];
  return inOrder([...layer2, ...routeLinks(who, layer2)]);
}
