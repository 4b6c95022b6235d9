/** Whom a device has for neighbours: LLDP, CDP, bridge table, ARP, next hops. Malformed rows are passed over. */
import type { DeviceFinding } from '@kaiku/protocol';
import { ARP, BRIDGE, CDP, CISCO_VLANS, LLDP, ROUTE } from './objects.ts';
import { indexParts, inetOf, ipText, macOf, macText, numberOf, octetsOf, textOf, type Cell } from './octets.ts';
import type { Ports } from './read-ports.ts';
import type { Reader, Row } from './reader.ts';

type Neighbour = DeviceFinding['neighbours'][number];

/** Subtypes of chassis and port ids that are a MAC address. */
const CHASSIS_MAC = 4;
const PORT_MAC = 3;
const PORT_LOCAL = 7;
const ARP_INVALID = 2;
const FDB_LEARNED = 3;
const VLAN_OPERATIONAL = 1;
/** Each takes two short walks, and a device has a minute for all. */
const MOST_VLANS = 100;
const SILENT_VLANS = 3;

/** Neighbours by LLDP, and the chassis id the device gives itself. */
export async function readLldp(reader: Reader, ports: Ports): Promise<readonly Neighbour[]> {
  const remotes = await reader.table('LLDP neighbours', {
    chassisSubtype: LLDP.remoteChassisSubtype,
    chassisId: LLDP.remoteChassisId,
    portSubtype: LLDP.remotePortSubtype,
    portId: LLDP.remotePortId,
    portDescr: LLDP.remotePortDescr,
    name: LLDP.remoteName,
  });
  if (remotes.length === 0) return [];
  const locals = await reader.table('LLDP ports', {
    subtype: LLDP.portSubtype,
    id: LLDP.portId,
    descr: LLDP.portDescr,
  });
  const portNames = new Map(locals.map((row) => [row.index, localPort(row, ports)]));
  const addresses = new Map<string, string[]>();
  for (const { index } of await reader.table('LLDP addresses', { subtype: LLDP.remoteAddress })) {
    const parts = indexParts(index);
    const address = inetOf(parts.slice(3))?.address;
    if (address === undefined) continue;
    const key = parts.slice(0, 3).join('.');
    addresses.set(key, [...(addresses.get(key) ?? []), address]);
  }
  return remotes.map(({ index, cell }) => {
    const local = index.split('.')[1] ?? '';
    return {
      source: 'lldp',
      port: portNames.get(local) ?? ports.nameOf(Number(local)),
      chassis: idText(cell('chassisId'), numberOf(cell('chassisSubtype')) === CHASSIS_MAC),
      peerPorts: [idText(cell('portId'), numberOf(cell('portSubtype')) === PORT_MAC), textOf(cell('portDescr'))].filter(
        (text) => text !== '',
      ),
      sysName: textOf(cell('name')),
      addresses: (addresses.get(index) ?? []).slice(0, 20),
    };
  });
}

/** An LLDP port is not an ifIndex: it is found by its id, its description, last by its number. */
function localPort({ index, cell }: Row, ports: Ports): string {
  const id = idText(cell('id'), numberOf(cell('subtype')) === PORT_MAC);
  const byText = ports.find(id) ?? ports.find(textOf(cell('descr')));
  if (byText !== undefined) return byText.name;
  const number = numberOf(cell('subtype')) === PORT_LOCAL && /^\d+$/.test(id) ? id : index;
  return ports.nameOf(Number(number));
}

export function idText(cell: Cell | undefined, isMac: boolean): string {
  return (isMac ? macOf(cell) : undefined) ?? textOf(cell);
}

export async function readCdp(reader: Reader, ports: Ports): Promise<readonly Neighbour[]> {
  const rows = await reader.table('CDP neighbours', CDP);
  return rows.map(({ index, cell }) => {
    const address = ipText([...octetsOf(cell('address'))]);
    return {
      source: 'cdp',
      port: ports.nameOf(Number(index.split('.')[0])),
      chassis: textOf(cell('deviceId')),
      peerPorts: [textOf(cell('devicePort'))].filter((text) => text !== ''),
      // A device id is the name, with the serial number in brackets on some.
      sysName: textOf(cell('deviceId')).replace(/\(.*\)$/, ''),
      addresses: address === undefined ? [] : [address],
    };
  });
}

/** What a bridge has learnt, by port. Empty for what is no bridge. */
export async function readBridge(reader: Reader, ports: Ports): Promise<DeviceFinding['learnt']> {
  const learnt: Learnt = new Map();
  const ifIndexes = await readBasePorts(reader);
  const take = (rows: readonly Row[]): void => learn(learnt, rows, ifIndexes, ports);
  if (ifIndexes.size > 0) {
    take(await reader.table('bridge table', { port: BRIDGE.port, status: BRIDGE.status }));
    take(await reader.table('bridge table by VLAN', { port: BRIDGE.vlanPort, status: BRIDGE.vlanStatus }));
  }
  let silent = 0;
  for (const vlan of await vlansOf(reader)) {
    const own = reader.ofVlan(vlan);
    const basePorts = await readBasePorts(own);
    if (basePorts.size > 0)
      learn(learnt, await own.table('bridge table', { port: BRIDGE.port, status: BRIDGE.status }), basePorts, ports);
    own.close();
    // One that says nothing may have no bridge of its own; where several do, the access is not let to them.
    if (own.silent) silent += 1;
    else if (own.cut.length > 0) reader.cut.push(`bridge table of VLAN ${vlan}`);
    if (silent >= SILENT_VLANS) {
      reader.cut.push('bridge tables by VLAN');
      break;
    }
  }
  return [...learnt].map(([port, macs]) => ({ port, macs: [...macs] }));
}

type Learnt = Map<string, Set<string>>;

/** ifIndex by bridge port. */
async function readBasePorts(reader: Reader): Promise<ReadonlyMap<number, number>> {
  const rows = await reader.table('bridge ports', { ifIndex: BRIDGE.portIfIndex });
  return new Map(rows.map(({ index, cell }) => [Number(index), numberOf(cell('ifIndex')) ?? 0]));
}

function learn(learnt: Learnt, rows: readonly Row[], ifIndexes: ReadonlyMap<number, number>, ports: Ports): void {
  for (const { index, cell } of rows) {
    const mac = macText(indexParts(index).slice(-6));
    const port = ifIndexes.get(numberOf(cell('port')) ?? 0);
    const status = numberOf(cell('status')) ?? FDB_LEARNED;
    if (mac === undefined || port === undefined || status !== FDB_LEARNED) continue;
    const name = ports.nameOf(port);
    learnt.set(name, (learnt.get(name) ?? new Set()).add(mac));
  }
}

/** VLANs whose bridge tables are to be asked for one by one; the first is in the plain table. */
async function vlansOf(reader: Reader): Promise<readonly number[]> {
  if (!reader.byVlan) return [];
  const rows = await reader.table('VLANs', { state: CISCO_VLANS.state });
  const running = rows.filter(({ cell }) => numberOf(cell('state')) === VLAN_OPERATIONAL);
  const vlans = running.map(({ index }) => indexParts(index)[1] ?? 0);
  const asked = vlans.filter((vlan) => vlan > 1 && vlan < 4095 && !(vlan >= 1002 && vlan <= 1005));
  if (asked.length > MOST_VLANS) reader.cut.push('VLANs');
  return asked.slice(0, MOST_VLANS);
}

export async function readArp(reader: Reader, ports: Ports): Promise<DeviceFinding['arp']> {
  const own = new Set(ports.interfaces.map(({ mac }) => mac));
  const found = new Map<string, DeviceFinding['arp'][number]>();
  const take = (ifIndex: number, address: string | undefined, { cell }: Row): void => {
    const mac = macOf(cell('mac'));
    if (address === undefined || mac === undefined || own.has(mac) || numberOf(cell('type')) === ARP_INVALID) return;
    found.set(address, { address, mac, port: ports.nameOf(ifIndex) });
  };
  for (const row of await reader.table('ARP', { mac: ARP.mac, type: ARP.type })) {
    const [ifIndex = 0, ...octets] = indexParts(row.index);
    take(ifIndex, ipText(octets), row);
  }
  for (const row of await reader.table('neighbour addresses', { mac: ARP.inetMac, type: ARP.inetType })) {
    const [ifIndex = 0, ...inet] = indexParts(row.index);
    take(ifIndex, inetOf(inet)?.address, row);
  }
  return [...found.values()];
}

/** Where routes lead to. A router with a full table is cut: its first thousands name its neighbours all the same. */
export async function readNextHops(reader: Reader, ports: Ports): Promise<DeviceFinding['nextHops']> {
  const found = new Map<string, string>();
  const take = (address: string | undefined, ifIndex: number | undefined): void => {
    if (address !== undefined && address !== '0.0.0.0') found.set(address, ports.nameOf(ifIndex ?? 0));
  };
  for (const { index, cell } of await reader.table('routes', { ifIndex: ROUTE.inetIfIndex })) {
    // Destination type, length and octets; prefix length; policy (an OID with its length); next hop.
    const parts = indexParts(index);
    const policyAt = 2 + (parts[1] ?? 0) + 1;
    take(inetOf(parts.slice(policyAt + 1 + (parts[policyAt] ?? 0)))?.address, numberOf(cell('ifIndex')));
  }
  for (const { index, cell } of await reader.table('routes', { ifIndex: ROUTE.cidrIfIndex })) {
    // Destination, mask, type of service, next hop.
    take(ipText(indexParts(index).slice(9, 13)), numberOf(cell('ifIndex')));
  }
  if (found.size === 0) {
    for (const { cell } of await reader.table('routes', { nextHop: ROUTE.nextHop, ifIndex: ROUTE.ifIndex })) {
      take(ipText(textOf(cell('nextHop')).split('.').map(Number)), numberOf(cell('ifIndex')));
    }
  }
  return [...found].map(([address, port]) => ({ address, port }));
}
