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
  const addresses = new Claims<Member>();
  const names = new Claims<Member>();
  const chassis = new Claims<Member>();
  const macs = new Map<string, Place>();
  const macsOf = new Map<Member, Set<string>>(members.map((member) => [member, new Set()]));
  const own = (mac: string | undefined, member: Member, port: string): void => {
    if (mac === undefined || macs.has(mac)) return;
    macs.set(mac, { node: member.node, id: member.id, port });
    macsOf.get(member)?.add(mac);
  };
  for (const member of members) {
    const { finding } = member.node;
    chassis.add(finding.chassis, member);
    names.add(finding.sysName.toLowerCase(), member);
    for (const { mac, name: port } of finding.interfaces) own(mac, member, port);
    own(finding.bridge, member, '');
    if (isMac(finding.chassis)) own(finding.chassis, member, '');
  }
  // Where a device answered is its address, whoever else has it for an inner or a virtual network.
  for (const member of members) for (const address of member.node.reached) addresses.add(address, member);
  const reached = new Set(members.flatMap(({ node }) => node.reached));
  for (const member of members)
    for (const address of member.node.addresses) if (!reached.has(address)) addresses.add(address, member);
  // What others learnt by ARP, for devices that tell of no interface. A MAC that answers for several devices is that of
  // a router or firewall before them.
  const heard = new Claims<Member>();
  const at = new Map<string, string>();
  for (const { node } of members) {
    for (const { address, mac } of node.finding.arp) {
      const member = tellsApart(address) ? addresses.get(address) : undefined;
      if (member === undefined) continue;
      heard.add(mac, member);
      at.set(mac, address);
    }
  }
  for (const [mac, address] of at) {
    const member = heard.get(mac);
    if (member !== undefined)
      own(mac, member, member.node.finding.addresses.find((each) => each.address === address)?.port ?? '');
  }
  const known = new Map(members.map((member) => [member.node, member]));
  return {
    members,
    byAddress: (address) => addresses.get(address),
    byMac: (mac) => macs.get(mac),
    macsOf: (member) => macsOf.get(member) ?? new Set(),
    neighbour: ({ chassis: told, addresses: managed, sysName }) => {
      const place = macs.get(told);
      return (
        chassis.get(told) ??
        (place === undefined ? undefined : known.get(place.node)) ??
        managed.map((address) => addresses.get(address)).find((member) => member !== undefined) ??
        names.get(sysName.toLowerCase())
      );
    },
  };
}

/** Who claims what; what two claim names neither, and the empty text nobody. */
class Claims<T> {
  readonly #claims = new Map<string, T | undefined>();

  add(what: string, by: T): void {
    if (what === '') return;
    this.#claims.set(what, !this.#claims.has(what) || this.#claims.get(what) === by ? by : undefined);
  }

  get(what: string): T | undefined {
    return this.#claims.get(what);
  }
}

function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text);
}
