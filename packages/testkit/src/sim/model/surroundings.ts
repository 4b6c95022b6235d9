/**
 * What the devices of an office know of each other, worked out from its cables: LLDP (IEEE 802.1AB), what a switch
 * has learnt (BRIDGE-MIB, RFC 4188), a router's ARP table and routes, everybody's addresses. Added to devices that
 * are otherwise complete. Pure.
 *
 * Port numbers differ as they do in the field: an LLDP port and a bridge port are not an ifIndex, and each maker has
 * its own way to name a port to its neighbour.
 */
import type { Cable, CableEnd } from '../offices/cables.ts';
import { addChassis } from './chassis.ts';
import type { SimDevice } from './device.ts';
import { macIndex, macOf } from './mac.ts';
import { MibBuilder } from './mib.ts';

const LLDP = '1.0.8802.1.1.2.1';
const BRIDGE = '1.3.6.1.2.1.17';
const IP_ADDRESSES = '1.3.6.1.2.1.4.20.1';
const IP_FORWARDING = '1.3.6.1.2.1.4.1';
const ARP = '1.3.6.1.2.1.4.22.1';
const ROUTES = '1.3.6.1.2.1.4.24.4.1';
/** The interface switches have their address at; it is in no table of theirs. */
const MANAGEMENT_IF_INDEX = 5001;
const CHASSIS_BY_MAC = 4;
const PORT_BY_NAME = 5;
const PORT_BY_LOCAL_NUMBER = 7;
const LEARNED = 3;
const DYNAMIC = 3;
const CAPABILITIES = { switch: ' \u0000', router: '\u0008\u0000' } as const;

type Role = 'router' | 'switch' | 'end';

const ROLES: Readonly<Record<string, Role>> = {
  'generic-router': 'router',
  'core-switch': 'switch',
  'access-switch': 'switch',
};
const roleOf = (device: SimDevice): Role => ROLES[device.template] ?? 'end';

/** One end of a cable, seen from the other. */
interface Port {
  readonly own: CableEnd;
  readonly peer: CableEnd;
  readonly kind: Cable['kind'];
}

interface Network {
  readonly byId: ReadonlyMap<string, SimDevice>;
  readonly portsOf: (device: SimDevice) => readonly Port[];
}

/** The same devices, telling of each other. */
export function withSurroundings(devices: readonly SimDevice[], cables: readonly Cable[]): readonly SimDevice[] {
  const ports = new Map<string, Port[]>(devices.map(({ id }) => [id, []]));
  for (const { a, b, kind } of cables) {
    ports.get(a.device)?.push({ own: a, peer: b, kind });
    ports.get(b.device)?.push({ own: b, peer: a, kind });
  }
  const network: Network = {
    byId: new Map(devices.map((device) => [device.id, device])),
    portsOf: ({ id }) => ports.get(id) ?? [],
  };
  return devices.map((device) => {
    const mib = new MibBuilder();
    addChassis(mib, device);
    addAddress(mib, device, network);
    if (roleOf(device) !== 'end') addLldp(mib, device, network);
    if (roleOf(device) === 'switch') addForwarding(mib, device, network);
    if (roleOf(device) === 'router') addRouting(mib, device, network);
    return { ...device, mib: device.mib.with(mib.build()) };
  });
}

function ifIndexOf(device: SimDevice, port: string): number {
  return [...device.links.keys()].indexOf(port) + 1;
}
const lldpPort = (ifIndex: number): number => 2 * ifIndex + 1;
const bridgePort = (ifIndex: number): number => 100 + ifIndex;

/** By which MAC a device is met at this port of its: a switch by its own, everybody else by that of the port. */
function macAt(device: SimDevice, port: string): string {
  return macOf(device.id, roleOf(device) === 'switch' ? 'chassis' : port);
}

/** The port a device has its address at. */
function lanPort(device: SimDevice, { portsOf }: Network): string {
  return portsOf(device).find(({ kind }) => kind === 'lan')?.own.port ?? '';
}

function addAddress(mib: MibBuilder, device: SimDevice, network: Network): void {
  const add = (address: string, ifIndex: number, mask: string): void => {
    mib.text(`${IP_ADDRESSES}.1`, address, 'ip', address);
    mib.number(`${IP_ADDRESSES}.2`, address, 'integer', ifIndex);
    mib.text(`${IP_ADDRESSES}.3`, address, 'ip', mask);
  };
  if (device.links.size === 0) return;
  if (device.links.has('lo')) add('127.0.0.1', ifIndexOf(device, 'lo'), '255.0.0.0');
  const ifIndex = roleOf(device) === 'switch' ? MANAGEMENT_IF_INDEX : ifIndexOf(device, lanPort(device, network));
  add(device.address, ifIndex, '255.255.255.0');
}

function addLldp(mib: MibBuilder, device: SimDevice, { byId, portsOf }: Network): void {
  mib.number(`${LLDP}.3.1`, 0, 'integer', CHASSIS_BY_MAC);
  mib.text(`${LLDP}.3.2`, 0, 'octets', macOf(device.id, 'chassis'));
  mib.text(`${LLDP}.3.3`, 0, 'octets', device.id);
  for (const name of device.links.keys()) {
    const ifIndex = ifIndexOf(device, name);
    const [subtype, id] = portId(device, name);
    mib.number(`${LLDP}.3.7.1.2`, lldpPort(ifIndex), 'integer', subtype);
    mib.text(`${LLDP}.3.7.1.3`, lldpPort(ifIndex), 'octets', id);
    mib.text(`${LLDP}.3.7.1.4`, lldpPort(ifIndex), 'octets', name);
  }
  portsOf(device).forEach(({ own, peer, kind }, at) => {
    const neighbour = byId.get(peer.device);
    if (kind === 'wan' || neighbour === undefined || roleOf(neighbour) === 'end') return;
    const role = roleOf(neighbour) === 'router' ? 'router' : 'switch';
    const index = `${1200 * at}.${lldpPort(ifIndexOf(device, own.port))}.${at + 1}`;
    const [subtype, id] = portId(neighbour, peer.port);
    const column = (number: number, text: string): void => mib.text(`${LLDP}.4.1.1.${number}`, index, 'octets', text);
    mib.number(`${LLDP}.4.1.1.4`, index, 'integer', CHASSIS_BY_MAC);
    column(5, macOf(neighbour.id, 'chassis'));
    mib.number(`${LLDP}.4.1.1.6`, index, 'integer', subtype);
    column(7, id);
    column(8, peer.port);
    column(9, neighbour.id);
    column(10, neighbour.description);
    column(12, CAPABILITIES[role]);
    mib.number(`${LLDP}.4.2.1.3`, `${index}.1.4.${neighbour.address}`, 'integer', 2);
  });
}

/** How a device names its port to a neighbour: most by ifName, access switches by a number of their own. */
function portId(device: SimDevice, port: string): readonly [subtype: number, id: string] {
  return device.template === 'access-switch'
    ? [PORT_BY_LOCAL_NUMBER, String(ifIndexOf(device, port))]
    : [PORT_BY_NAME, port];
}

interface Learnt {
  readonly mac: string;
  /** ifName. */
  readonly port: string;
}

/** What a switch has learnt: every device of its office behind the port that leads there along the spanning tree. */
function learnt(from: SimDevice, network: Network): readonly Learnt[] {
  const { byId, portsOf } = network;
  const out: Learnt[] = [];
  const tree = spanningTree(from.site, network);
  const follow = ({ own, peer }: Port, via: string): void => {
    const device = byId.get(peer.device);
    if (device === undefined || !tree.has(edge(own, peer))) return;
    out.push({ mac: macAt(device, peer.port), port: via });
    if (roleOf(device) !== 'switch') return;
    for (const next of portsOf(device)) if (next.peer.device !== own.device) follow(next, via);
  };
  for (const port of portsOf(from)) follow(port, port.own.port);
  return out;
}

const edge = (a: CableEnd, b: CableEnd): string =>
  [`${a.device} ${a.port}`, `${b.device} ${b.port}`].toSorted().join(' – ');

/** Cables that carry frames: those of a tree over the switches, from the office's first switch on, and all others. */
function spanningTree(site: string, { byId, portsOf }: Network): ReadonlySet<string> {
  const forwards = new Set<string>();
  const switches = [...byId.values()].filter((device) => device.site === site && roleOf(device) === 'switch');
  const reached = new Set(switches.slice(0, 1));
  for (const device of reached) {
    for (const { own, peer, kind } of portsOf(device)) {
      const next = switches.find(({ id }) => id === peer.device);
      if (kind === 'wan' || (next !== undefined && reached.has(next))) continue;
      forwards.add(edge(own, peer));
      if (next !== undefined) reached.add(next);
    }
  }
  return forwards;
}

function addForwarding(mib: MibBuilder, device: SimDevice, network: Network): void {
  mib.text(`${BRIDGE}.1.1`, 0, 'octets', macOf(device.id, 'chassis'));
  for (const name of device.links.keys()) {
    const ifIndex = ifIndexOf(device, name);
    mib.number(`${BRIDGE}.1.4.1.2`, bridgePort(ifIndex), 'integer', ifIndex);
  }
  for (const { mac, port } of learnt(device, network)) {
    const index = macIndex(mac);
    mib.text(`${BRIDGE}.4.3.1.1`, index, 'octets', mac);
    mib.number(`${BRIDGE}.4.3.1.2`, index, 'integer', bridgePort(ifIndexOf(device, port)));
    mib.number(`${BRIDGE}.4.3.1.3`, index, 'integer', LEARNED);
  }
}

/** A router has met every device of its office, and reaches the other offices through their routers. */
function addRouting(mib: MibBuilder, device: SimDevice, network: Network): void {
  const met = (other: SimDevice, mac: string, ifIndex: number): void => {
    const index = `${ifIndex}.${other.address}`;
    mib.number(`${ARP}.1`, index, 'integer', ifIndex);
    mib.text(`${ARP}.2`, index, 'octets', mac);
    mib.text(`${ARP}.3`, index, 'ip', other.address);
    mib.number(`${ARP}.4`, index, 'integer', DYNAMIC);
  };
  mib.number(IP_FORWARDING, 0, 'integer', 1);
  const inside = ifIndexOf(device, lanPort(device, network));
  for (const other of network.byId.values()) {
    if (other.site === device.site && other.id !== device.id) met(other, macAt(other, lanPort(other, network)), inside);
  }
  for (const { own, peer, kind } of network.portsOf(device)) {
    const router = network.byId.get(peer.device);
    if (kind === 'lan' || router === undefined) continue;
    const ifIndex = ifIndexOf(device, own.port);
    met(router, macOf(router.id, peer.port), ifIndex);
    const destination = router.address.replace(/\d+$/, '0');
    const index = `${destination}.255.255.255.0.0.${router.address}`;
    mib.text(`${ROUTES}.4`, index, 'ip', router.address);
    mib.number(`${ROUTES}.5`, index, 'integer', ifIndex);
  }
}
