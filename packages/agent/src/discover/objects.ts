/** The objects discovery reads, by their place in the tree (RFCs named; CDP from Cisco's CISCO-CDP-MIB). */

export const SYSTEM = {
  descr: '1.3.6.1.2.1.1.1.0',
  objectId: '1.3.6.1.2.1.1.2.0',
  name: '1.3.6.1.2.1.1.5.0',
  location: '1.3.6.1.2.1.1.6.0',
  upTime: '1.3.6.1.2.1.1.3.0',
} as const;

/** RFC 3411. */
export const ENGINE_ID = '1.3.6.1.6.3.10.2.1.1.0';

/** ifTable and ifXTable (RFC 2863). */
export const INTERFACE = {
  descr: '1.3.6.1.2.1.2.2.1.2',
  type: '1.3.6.1.2.1.2.2.1.3',
  speed: '1.3.6.1.2.1.2.2.1.5',
  mac: '1.3.6.1.2.1.2.2.1.6',
  adminStatus: '1.3.6.1.2.1.2.2.1.7',
  operStatus: '1.3.6.1.2.1.2.2.1.8',
  name: '1.3.6.1.2.1.31.1.1.1.1',
  highSpeed: '1.3.6.1.2.1.31.1.1.1.15',
  alias: '1.3.6.1.2.1.31.1.1.1.18',
} as const;

/** RFC 4293; 1: it forwards. */
export const IP_FORWARDING = '1.3.6.1.2.1.4.1.0';

/** Own addresses: ipAddrTable, and ipAddressTable, which knows IPv6 (RFC 4293). */
export const ADDRESS = { ifIndex: '1.3.6.1.2.1.4.20.1.2', inetIfIndex: '1.3.6.1.2.1.4.34.1.3' } as const;

/** Neighbours' addresses: ipNetToMediaTable, ipNetToPhysicalTable (RFC 4293). */
export const ARP = {
  mac: '1.3.6.1.2.1.4.22.1.2',
  type: '1.3.6.1.2.1.4.22.1.4',
  inetMac: '1.3.6.1.2.1.4.35.1.4',
  inetType: '1.3.6.1.2.1.4.35.1.6',
} as const;

/** Routes: ipRouteTable (RFC 1213), ipCidrRouteTable, inetCidrRouteTable (RFC 4292). */
export const ROUTE = {
  nextHop: '1.3.6.1.2.1.4.21.1.7',
  ifIndex: '1.3.6.1.2.1.4.21.1.2',
  cidrIfIndex: '1.3.6.1.2.1.4.24.4.1.5',
  inetIfIndex: '1.3.6.1.2.1.4.24.7.1.7',
} as const;

/** IEEE 802.1AB. */
export const LLDP = {
  chassisSubtype: '1.0.8802.1.1.2.1.3.1.0',
  chassisId: '1.0.8802.1.1.2.1.3.2.0',
  capabilities: '1.0.8802.1.1.2.1.3.6.0',
  portSubtype: '1.0.8802.1.1.2.1.3.7.1.2',
  portId: '1.0.8802.1.1.2.1.3.7.1.3',
  portDescr: '1.0.8802.1.1.2.1.3.7.1.4',
  remoteChassisSubtype: '1.0.8802.1.1.2.1.4.1.1.4',
  remoteChassisId: '1.0.8802.1.1.2.1.4.1.1.5',
  remotePortSubtype: '1.0.8802.1.1.2.1.4.1.1.6',
  remotePortId: '1.0.8802.1.1.2.1.4.1.1.7',
  remotePortDescr: '1.0.8802.1.1.2.1.4.1.1.8',
  remoteName: '1.0.8802.1.1.2.1.4.1.1.9',
  remoteAddress: '1.0.8802.1.1.2.1.4.2.1.3',
} as const;

export const CDP = {
  address: '1.3.6.1.4.1.9.9.23.1.2.1.1.4',
  deviceId: '1.3.6.1.4.1.9.9.23.1.2.1.1.6',
  devicePort: '1.3.6.1.4.1.9.9.23.1.2.1.1.7',
} as const;

/** BRIDGE-MIB and Q-BRIDGE-MIB (RFC 4188, RFC 4363). */
export const BRIDGE = {
  address: '1.3.6.1.2.1.17.1.1.0',
  ports: '1.3.6.1.2.1.17.1.2.0',
  portIfIndex: '1.3.6.1.2.1.17.1.4.1.2',
  port: '1.3.6.1.2.1.17.4.3.1.2',
  status: '1.3.6.1.2.1.17.4.3.1.3',
  vlanPort: '1.3.6.1.2.1.17.7.1.2.2.1.2',
  vlanStatus: '1.3.6.1.2.1.17.7.1.2.2.1.3',
} as const;

/**
 * VLANs of Cisco's switches (CISCO-VTP-MIB): vtpVlanState by domain and VLAN. Each VLAN's bridge table is one of its own
 * there, behind the community `name@vlan` or the context `vlan-N`.
 */
export const CISCO_VLANS = { state: '1.3.6.1.4.1.9.9.46.1.3.1.1.2', vendor: '1.3.6.1.4.1.9' } as const;

/** ENTITY-MIB (RFC 6933) and the sensors that belong to it (RFC 3433). */
export const ENTITY = {
  descr: '1.3.6.1.2.1.47.1.1.1.1.2',
  inside: '1.3.6.1.2.1.47.1.1.1.1.4',
  class: '1.3.6.1.2.1.47.1.1.1.1.5',
  name: '1.3.6.1.2.1.47.1.1.1.1.7',
  hardware: '1.3.6.1.2.1.47.1.1.1.1.8',
  firmware: '1.3.6.1.2.1.47.1.1.1.1.9',
  software: '1.3.6.1.2.1.47.1.1.1.1.10',
  serial: '1.3.6.1.2.1.47.1.1.1.1.11',
  maker: '1.3.6.1.2.1.47.1.1.1.1.12',
  model: '1.3.6.1.2.1.47.1.1.1.1.13',
  sensorType: '1.3.6.1.2.1.99.1.1.1.1',
} as const;

type Part = 'maker' | 'model' | 'serial' | 'firmware' | 'software';

interface IdentityObject {
  readonly part: Part;
  readonly oid: string;
  /** Asked only where sysObjectID lies under this. */
  readonly vendor?: string;
}

const ENTERPRISES = '1.3.6.1.4.1';

/** Single objects that say what a device is, where ENTITY-MIB does not. The first that answers counts. */
export const IDENTITY: readonly IdentityObject[] = [
  { part: 'maker', oid: '1.3.6.1.2.1.33.1.1.1.0' },
  { part: 'model', oid: '1.3.6.1.2.1.33.1.1.2.0' },
  { part: 'firmware', oid: '1.3.6.1.2.1.33.1.1.3.0' },
  { part: 'software', oid: '1.3.6.1.2.1.33.1.1.4.0' },
  { part: 'serial', oid: '1.3.6.1.2.1.43.5.1.1.17.1' },
  { part: 'serial', oid: `${ENTERPRISES}.318.1.1.1.1.2.3.0`, vendor: `${ENTERPRISES}.318` },
  { part: 'serial', oid: `${ENTERPRISES}.2636.3.1.3.0`, vendor: `${ENTERPRISES}.2636` },
  { part: 'serial', oid: `${ENTERPRISES}.12356.100.1.1.1.0`, vendor: `${ENTERPRISES}.12356` },
  { part: 'serial', oid: `${ENTERPRISES}.14988.1.1.7.3.0`, vendor: `${ENTERPRISES}.14988` },
  { part: 'firmware', oid: `${ENTERPRISES}.14988.1.1.7.4.0`, vendor: `${ENTERPRISES}.14988` },
  { part: 'model', oid: `${ENTERPRISES}.6574.1.5.1.0`, vendor: '1.3.6.1.4.1.8072' },
  { part: 'serial', oid: `${ENTERPRISES}.6574.1.5.2.0`, vendor: '1.3.6.1.4.1.8072' },
  { part: 'software', oid: `${ENTERPRISES}.6574.1.5.3.0`, vendor: '1.3.6.1.4.1.8072' },
];

/** hrDeviceTable (RFC 2790): what a printer says it is. */
export const HR_DEVICE = {
  type: '1.3.6.1.2.1.25.3.2.1.2',
  descr: '1.3.6.1.2.1.25.3.2.1.3',
  printer: '1.3.6.1.2.1.25.3.1.5',
} as const;
