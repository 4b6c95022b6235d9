/** Whom an address, a MAC, a chassis id or a name belongs to, among the devices found. Pure. */
import type { DeviceFinding } from '@kaiku/protocol';
import type { Node } from './nodes.ts';
import { tellsApart } from './nodes.ts';

/** A node with its id, and where in it something was found; the port is empty where it is not known. */
export interface Place {
  readonly node: Node;
  readonly id: string;
  readonly port: string;
}

export interface Member {
  readonly node: Node;
  readonly id: string;
  /** It forwards frames for others: it has learnt where they are. */
  readonly bridges: boolean;
  /** It forwards packets for others. */
  readonly routes: boolean;
}

export interface WhoIsWho {
  /** In the order of their ids. */
  readonly members: readonly Member[];
  byAddress(address: string): Member | undefined;
  byMac(mac: string): Place | undefined;
  /** By what LLDP or CDP tell of a neighbour. */
  neighbour(told: DeviceFinding['neighbours'][number]): Member | undefined;
  /** Every MAC of a member. */
  macsOf(member: Member): ReadonlySet<string>;
}

export function whoIsWho(ids: ReadonlyMap<Node, string>): WhoIsWho {
  const members = [...ids]
    .map(([node, id]): Member => {
      const { learnt, routes, nextHops } = node.finding;
      return { node, id, bridges: learnt.length > 0, routes: routes && nextHops.length > 0 };
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const addresses = new Map<string, Member>();
  const names = new Map<string, Member | undefined>();
  const chassis = new Map<string, Member>();
  const macs = new Map<string, Place>();
  const macsOf = new Map<Member, Set<string>>(members.map((member) => [member, new Set()]));
  const own = (mac: string | undefined, member: Member, port: string): void => {
    if (mac === undefined || macs.has(mac)) return;
    macs.set(mac, { node: member.node, id: member.id, port });
    macsOf.get(member)?.add(mac);
  };
  for (const member of members) {
    const { finding } = member.node;
    for (const address of member.node.addresses) if (!addresses.has(address)) addresses.set(address, member);
    if (finding.chassis !== '') chassis.set(finding.chassis, member);
    // A name that two devices bear names neither.
    const name = finding.sysName.toLowerCase();
    names.set(name, names.has(name) ? undefined : member);
    for (const { mac, name: port } of finding.interfaces) own(mac, member, port);
    own(finding.bridge, member, '');
    if (isMac(finding.chassis)) own(finding.chassis, member, '');
  }
  // What others learnt by ARP, for devices that tell of no interface.
  for (const { node } of members) {
    for (const { address, mac } of node.finding.arp) {
      const member = addresses.get(address);
      if (member === undefined || !tellsApart(address)) continue;
      own(mac, member, member.node.finding.addresses.find((each) => each.address === address)?.port ?? '');
    }
  }
  const known = new Map(members.map((member) => [member.node, member]));
  return {
    members,
    byAddress: (address) => addresses.get(address),
    byMac: (mac) => macs.get(mac),
    macsOf: (member) => macsOf.get(member) ?? new Set(),
    neighbour: ({ chassis: told, addresses: at, sysName }) => {
      const place = macs.get(told);
      return (
        chassis.get(told) ??
        (place === undefined ? undefined : known.get(place.node)) ??
        at.map((address) => addresses.get(address)).find((member) => member !== undefined) ??
        (sysName === '' ? undefined : names.get(sysName.toLowerCase()))
      );
    },
  };
}

function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text);
}
