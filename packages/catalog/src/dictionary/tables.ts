/** Walkable SNMP tables: how their rows are named, and which metrics and facts are their columns. */
import type { SnmpTable } from '../model/metrics.ts';
import { SNMP_SECTIONS } from './snmp/sections.ts';

export const SNMP_TABLES: Readonly<Record<string, SnmpTable>> = Object.fromEntries(
  SNMP_SECTIONS.flatMap(({ tables = [] }) => tables.map((each) => [each.name, each])),
);
