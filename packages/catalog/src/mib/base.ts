/**
 * What every MIB builds on and no file has to bring: the roots of the tree (RFC 1155, 2578), the groups other modules
 * grow from, and the standard types with their base types and display hints (RFC 2579). A module of these names among
 * the files goes before.
 */
import type { BaseType } from './compiled.ts';

const INTERNET = '1.3.6.1';
const MIB2 = '1.3.6.1.2.1';

/** Names modules import from files that may be missing. */
export const BASE_NODES: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    ccitt: '0',
    iso: '1',
    'joint-iso-ccitt': '2',
    zeroDotZero: '0.0',
    org: '1.3',
    dod: '1.3.6',
    internet: INTERNET,
    directory: `${INTERNET}.1`,
    mgmt: `${INTERNET}.2`,
    'mib-2': MIB2,
    mib: MIB2,
    experimental: `${INTERNET}.3`,
    private: `${INTERNET}.4`,
    enterprises: `${INTERNET}.4.1`,
    security: `${INTERNET}.5`,
    snmpV2: `${INTERNET}.6`,
    snmpDomains: `${INTERNET}.6.1`,
    snmpProxys: `${INTERNET}.6.2`,
    snmpModules: `${INTERNET}.6.3`,
    snmpMIB: `${INTERNET}.6.3.1`,
    snmpTraps: `${INTERNET}.6.3.1.1.5`,
    system: `${MIB2}.1`,
    interfaces: `${MIB2}.2`,
    at: `${MIB2}.3`,
    ip: `${MIB2}.4`,
    icmp: `${MIB2}.5`,
    tcp: `${MIB2}.6`,
    udp: `${MIB2}.7`,
    egp: `${MIB2}.8`,
    transmission: `${MIB2}.10`,
    snmp: `${MIB2}.11`,
    rmon: `${MIB2}.16`,
    dot1dBridge: `${MIB2}.17`,
    host: `${MIB2}.25`,
    ifMIB: `${MIB2}.31`,
  }),
);

/** Notifications every agent may send (RFC 3418), in the order of their numbers from 1. */
export const GENERIC_TRAPS = [
  'coldStart',
  'warmStart',
  'linkDown',
  'linkUp',
  'authenticationFailure',
  'egpNeighborLoss',
] as const;

/** Objects their notifications carry (RFC 2863). */
export const BASE_OBJECTS: readonly (readonly [name: string, oid: string, type: BaseType])[] = [
  ['sysDescr', `${MIB2}.1.1`, 'octets'],
  ['sysObjectID', `${MIB2}.1.2`, 'oid'],
  ['sysUpTime', `${MIB2}.1.3`, 'ticks'],
  ['sysName', `${MIB2}.1.5`, 'octets'],
  ['sysLocation', `${MIB2}.1.6`, 'octets'],
  ['ifIndex', `${MIB2}.2.2.1.1`, 'integer'],
  ['ifDescr', `${MIB2}.2.2.1.2`, 'octets'],
  ['ifType', `${MIB2}.2.2.1.3`, 'integer'],
  ['ifAdminStatus', `${MIB2}.2.2.1.7`, 'integer'],
  ['ifOperStatus', `${MIB2}.2.2.1.8`, 'integer'],
  ['ifName', `${MIB2}.31.1.1.1.1`, 'octets'],
  ['ifAlias', `${MIB2}.31.1.1.1.18`, 'octets'],
  ['snmpTrapOID', `${INTERNET}.6.3.1.1.4.1`, 'oid'],
  ['snmpTrapEnterprise', `${INTERNET}.6.3.1.1.4.3`, 'oid'],
];

export interface BaseTypeInfo {
  readonly type: BaseType;
  readonly hint?: string;
  readonly enums?: Readonly<Record<string, string>>;
}

/** Types of the SMI itself, and those of SNMPv2-TC and its like. */
export const BASE_TYPES: ReadonlyMap<string, BaseTypeInfo> = new Map(
  Object.entries<BaseTypeInfo>({
    INTEGER: { type: 'integer' },
    Integer32: { type: 'integer' },
    'OCTET STRING': { type: 'octets' },
    'OBJECT IDENTIFIER': { type: 'oid' },
    BITS: { type: 'bits' },
    'BIT STRING': { type: 'bits' },
    IpAddress: { type: 'ip' },
    NetworkAddress: { type: 'ip' },
    Counter: { type: 'counter32' },
    Counter32: { type: 'counter32' },
    Counter64: { type: 'counter64' },
    Gauge: { type: 'gauge32' },
    Gauge32: { type: 'gauge32' },
    Unsigned32: { type: 'gauge32' },
    UInteger32: { type: 'gauge32' },
    TimeTicks: { type: 'ticks' },
    Opaque: { type: 'opaque' },
    NULL: { type: 'opaque' },
    DisplayString: { type: 'octets', hint: '255a' },
    SnmpAdminString: { type: 'octets', hint: '255t' },
    PhysAddress: { type: 'octets', hint: '1x:' },
    MacAddress: { type: 'octets', hint: '1x:' },
    TruthValue: { type: 'integer', enums: { 1: 'true', 2: 'false' } },
    TestAndIncr: { type: 'integer' },
    AutonomousType: { type: 'oid' },
    InstancePointer: { type: 'oid' },
    VariablePointer: { type: 'oid' },
    RowPointer: { type: 'oid' },
    RowStatus: {
      type: 'integer',
      enums: { 1: 'active', 2: 'notInService', 3: 'notReady', 4: 'createAndGo', 5: 'createAndWait', 6: 'destroy' },
    },
    TimeStamp: { type: 'ticks' },
    TimeInterval: { type: 'integer' },
    DateAndTime: { type: 'octets', hint: '2d-1d-1d,1d:1d:1d.1d,1a1d:1d' },
    StorageType: { type: 'integer' },
    TDomain: { type: 'oid' },
    TAddress: { type: 'octets' },
    InterfaceIndex: { type: 'integer' },
    InterfaceIndexOrZero: { type: 'integer' },
    OwnerString: { type: 'octets', hint: '255a' },
    EntryStatus: { type: 'integer' },
    InetAddressType: { type: 'integer' },
    InetAddress: { type: 'octets' },
    InetPortNumber: { type: 'gauge32' },
    CounterBasedGauge64: { type: 'counter64' },
    ZeroBasedCounter64: { type: 'counter64' },
    Float: { type: 'opaque' },
  }),
);
