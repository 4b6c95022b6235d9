/**
 * Traps and objects of standard MIBs that a listener names by itself: what every NOC knows by heart. Everything else keeps
 * its number, for whoever has the MIB. A table. Severities are those of syslog: 0 emergency to 7 debug.
 */

export interface TrapName {
  readonly name: string;
  readonly severity: number;
}

const CRITICAL = 2;
const ERROR = 3;
const WARNING = 4;
const NOTICE = 5;
const INFO = 6;

/** A trap nobody here has a name for. */
export const UNKNOWN_TRAP_SEVERITY = NOTICE;

const trap = (name: string, severity: number): TrapName => ({ name, severity });

export const TRAPS: ReadonlyMap<string, TrapName> = new Map([
  // SNMPv2-MIB, IF-MIB, RFC 1215
  ['1.3.6.1.6.3.1.1.5.1', trap('coldStart', WARNING)],
  ['1.3.6.1.6.3.1.1.5.2', trap('warmStart', NOTICE)],
  ['1.3.6.1.6.3.1.1.5.3', trap('linkDown', ERROR)],
  ['1.3.6.1.6.3.1.1.5.4', trap('linkUp', INFO)],
  ['1.3.6.1.6.3.1.1.5.5', trap('authenticationFailure', WARNING)],
  ['1.3.6.1.6.3.1.1.5.6', trap('egpNeighborLoss', WARNING)],
  // ENTITY-MIB, RMON-MIB, BRIDGE-MIB, VRRP-MIB, Printer-MIB
  ['1.3.6.1.2.1.47.2.0.1', trap('entConfigChange', INFO)],
  ['1.3.6.1.2.1.16.0.1', trap('risingAlarm', WARNING)],
  ['1.3.6.1.2.1.16.0.2', trap('fallingAlarm', NOTICE)],
  ['1.3.6.1.2.1.17.0.1', trap('newRoot', WARNING)],
  ['1.3.6.1.2.1.17.0.2', trap('topologyChange', NOTICE)],
  ['1.3.6.1.2.1.68.0.1', trap('vrrpTrapNewMaster', WARNING)],
  ['1.3.6.1.2.1.43.18.2.0.1', trap('printerV2Alert', WARNING)],
  // UPS-MIB
  ['1.3.6.1.2.1.33.2.0.1', trap('upsTrapOnBattery', CRITICAL)],
  ['1.3.6.1.2.1.33.2.0.2', trap('upsTrapTestCompleted', INFO)],
  ['1.3.6.1.2.1.33.2.0.3', trap('upsTrapAlarmEntryAdded', WARNING)],
  ['1.3.6.1.2.1.33.2.0.4', trap('upsTrapAlarmEntryRemoved', INFO)],
  // BGP4-MIB, as it is and as it was
  ['1.3.6.1.2.1.15.0.1', trap('bgpEstablishedNotification', NOTICE)],
  ['1.3.6.1.2.1.15.0.2', trap('bgpBackwardTransNotification', ERROR)],
  ['1.3.6.1.2.1.15.7.1', trap('bgpEstablished', NOTICE)],
  ['1.3.6.1.2.1.15.7.2', trap('bgpBackwardTransition', ERROR)],
  ['1.3.6.1.2.1.15.7.0.1', trap('bgpEstablished', NOTICE)],
  ['1.3.6.1.2.1.15.7.0.2', trap('bgpBackwardTransition', ERROR)],
  // OSPF-TRAP-MIB
  ['1.3.6.1.2.1.14.16.2.1', trap('ospfVirtIfStateChange', WARNING)],
  ['1.3.6.1.2.1.14.16.2.2', trap('ospfNbrStateChange', WARNING)],
  ['1.3.6.1.2.1.14.16.2.3', trap('ospfVirtNbrStateChange', WARNING)],
  ['1.3.6.1.2.1.14.16.2.4', trap('ospfIfConfigError', WARNING)],
  ['1.3.6.1.2.1.14.16.2.6', trap('ospfIfAuthFailure', WARNING)],
  ['1.3.6.1.2.1.14.16.2.16', trap('ospfIfStateChange', WARNING)],
  // NET-SNMP-AGENT-MIB, CISCO-CONFIG-MAN-MIB
  ['1.3.6.1.4.1.8072.4.0.1', trap('nsNotifyStart', NOTICE)],
  ['1.3.6.1.4.1.8072.4.0.2', trap('nsNotifyShutdown', WARNING)],
  ['1.3.6.1.4.1.8072.4.0.3', trap('nsNotifyRestart', NOTICE)],
  ['1.3.6.1.4.1.9.9.43.2.0.1', trap('ciscoConfigManEvent', NOTICE)],
]);

export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
export const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
/** What RFC 3584 adds to a translated trap, and a proxy to a forwarded one. */
export const SNMP_TRAP_ADDRESS = '1.3.6.1.6.3.18.1.3.0';
export const SNMP_TRAP_COMMUNITY = '1.3.6.1.6.3.18.1.4.0';
export const SNMP_TRAP_ENTERPRISE = '1.3.6.1.6.3.1.1.4.3.0';
/** RFC 1215's generic traps, below which they are numbered from 1. */
export const GENERIC_TRAPS = '1.3.6.1.6.3.1.1.5';

/** Columns and scalars that the traps above carry, by OID without index. */
export const OBJECTS: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.2.1.1.1', 'sysDescr'],
  ['1.3.6.1.2.1.1.2', 'sysObjectID'],
  ['1.3.6.1.2.1.1.5', 'sysName'],
  ['1.3.6.1.2.1.1.6', 'sysLocation'],
  ['1.3.6.1.2.1.2.2.1.1', 'ifIndex'],
  ['1.3.6.1.2.1.2.2.1.2', 'ifDescr'],
  ['1.3.6.1.2.1.2.2.1.3', 'ifType'],
  ['1.3.6.1.2.1.2.2.1.7', 'ifAdminStatus'],
  ['1.3.6.1.2.1.2.2.1.8', 'ifOperStatus'],
  ['1.3.6.1.2.1.31.1.1.1.1', 'ifName'],
  ['1.3.6.1.2.1.31.1.1.1.18', 'ifAlias'],
  ['1.3.6.1.2.1.8.5.1.2', 'egpNeighAddr'],
  ['1.3.6.1.2.1.14.1.1', 'ospfRouterId'],
  ['1.3.6.1.2.1.14.10.1.1', 'ospfNbrIpAddr'],
  ['1.3.6.1.2.1.14.10.1.3', 'ospfNbrRtrId'],
  ['1.3.6.1.2.1.14.10.1.6', 'ospfNbrState'],
  ['1.3.6.1.2.1.15.3.1.2', 'bgpPeerState'],
  ['1.3.6.1.2.1.15.3.1.7', 'bgpPeerRemoteAddr'],
  ['1.3.6.1.2.1.15.3.1.14', 'bgpPeerLastError'],
  ['1.3.6.1.2.1.16.3.1.1.1', 'alarmIndex'],
  ['1.3.6.1.2.1.16.3.1.1.3', 'alarmVariable'],
  ['1.3.6.1.2.1.16.3.1.1.5', 'alarmValue'],
  ['1.3.6.1.2.1.16.3.1.1.7', 'alarmRisingThreshold'],
  ['1.3.6.1.2.1.16.3.1.1.8', 'alarmFallingThreshold'],
  ['1.3.6.1.2.1.33.1.2.2', 'upsSecondsOnBattery'],
  ['1.3.6.1.2.1.33.1.2.3', 'upsEstimatedMinutesRemaining'],
  ['1.3.6.1.2.1.33.1.6.2.1.1', 'upsAlarmId'],
  ['1.3.6.1.2.1.33.1.6.2.1.2', 'upsAlarmDescr'],
  ['1.3.6.1.2.1.33.1.9.7', 'upsConfigLowBattTime'],
  ['1.3.6.1.6.3.18.1.3', 'snmpTrapAddress'],
  ['1.3.6.1.6.3.1.1.4.3', 'snmpTrapEnterprise'],
]);

const IF_STATUS = ['', 'up', 'down', 'testing', 'unknown', 'dormant', 'notPresent', 'lowerLayerDown'] as const;
const BGP_STATE = ['', 'idle', 'connect', 'active', 'opensent', 'openconfirm', 'established'] as const;
const OSPF_STATE = ['', 'down', 'attempt', 'init', 'twoWay', 'exchangeStart', 'exchange', 'loading', 'full'] as const;

/** Words of enumerations, by object. */
export const ENUMS: Readonly<Record<string, readonly string[]>> = {
  ifAdminStatus: IF_STATUS,
  ifOperStatus: IF_STATUS,
  bgpPeerState: BGP_STATE,
  ospfNbrState: OSPF_STATE,
};
