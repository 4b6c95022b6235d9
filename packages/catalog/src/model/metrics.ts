/** The metric dictionary: what every metric name means. Names are the field's standard terms. */
import type { SeriesKind } from '@kaiku/protocol';

export interface SnmpObject {
  /** Numeric OID: of the scalar's instance (`….0`) or of the table's column. */
  readonly oid: string;
  /** Width of a counter. */
  readonly bits?: 32 | 64;
}

export interface Metric {
  readonly name: string;
  readonly kind: SeriesKind;
  /** Unit of the stored value: `B`, `ms`, `%`, `ratio`, `1`, `s`, `°C`; rates get `/s`. */
  readonly unit: string;
  readonly help: string;
  /** Where SNMP has it; absent for ICMP and computed metrics. */
  readonly snmp?: SnmpObject;
  /** Stored value = raw value times this (TimeTicks 0.01 → s). Gauges only. */
  readonly scale?: number;
}

/** A walkable table: its columns and the column whose text names an instance stably. */
export interface SnmpTable {
  readonly name: string;
  /** Column with the instance name (ifName, hrStorageDescr); without one the index itself. */
  readonly nameColumn?: string;
  /** Used where `nameColumn` is empty or absent on a device (ifDescr for ifName). */
  readonly fallbackNameColumn?: string;
}

/** A slowly changing text read by SNMP. */
export interface Fact {
  readonly name: string;
  readonly oid: string;
  readonly help: string;
}
