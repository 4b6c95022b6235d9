/** Walkable SNMP tables: how their rows are named, and which metrics and facts are their columns. */
import type { SnmpTable } from '../model/metrics.ts';

const IF_DESCR = '1.3.6.1.2.1.2.2.1.2';
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';

export interface SnmpTableEntry extends SnmpTable {
  /** Dictionary metrics that are columns of this table. */
  readonly metrics: readonly string[];
  readonly facts: readonly string[];
}

const IF_COMMON = ['ifInErrors', 'ifOutErrors', 'ifInDiscards', 'ifOutDiscards', 'ifOperStatus', 'ifAdminStatus'];

const TABLES: readonly SnmpTableEntry[] = [
  {
    name: 'ifXTable',
    nameColumn: IF_NAME,
    fallbackNameColumn: IF_DESCR,
    metrics: ['ifHCInOctets', 'ifHCOutOctets', 'ifHCInUcastPkts', 'ifHCOutUcastPkts', 'ifHighSpeed', ...IF_COMMON],
    facts: ['ifAlias'],
  },
  {
    name: 'ifTable',
    nameColumn: IF_DESCR,
    metrics: ['ifInOctets', 'ifOutOctets', 'ifSpeed', ...IF_COMMON],
    facts: [],
  },
  {
    name: 'hrStorage',
    nameColumn: '1.3.6.1.2.1.25.2.3.1.3',
    metrics: ['hrStorageAllocationUnits', 'hrStorageSize', 'hrStorageUsed'],
    facts: [],
  },
  { name: 'hrProcessor', metrics: ['hrProcessorLoad'], facts: [] },
  {
    name: 'prtMarkerSupplies',
    nameColumn: '1.3.6.1.2.1.43.11.1.1.6',
    metrics: ['prtMarkerSuppliesMaxCapacity', 'prtMarkerSuppliesLevel'],
    facts: [],
  },
];

export const SNMP_TABLES: Readonly<Record<string, SnmpTableEntry>> = Object.fromEntries(
  TABLES.map((each) => [each.name, each]),
);
