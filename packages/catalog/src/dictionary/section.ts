/** How a part of the dictionary is written down: what one MIB, or one vendor, has. Pure. */
import type { Fact, Metric, RowFilter, SnmpObject, SnmpTable } from '../model/metrics.ts';

export interface Section {
  readonly metrics: readonly Metric[];
  readonly facts?: readonly Fact[];
  readonly tables?: readonly SnmpTable[];
}

type More = Partial<Omit<SnmpObject, 'oid' | 'bits'>> & { readonly scale?: number; readonly offset?: number };

export function counter(name: string, bits: 32 | 64, unit: string, oid: string, help: string): Metric {
  return { name, kind: 'counter', unit, help, snmp: { oid, bits } };
}

export function gauge(name: string, unit: string, oid: string, help: string, more: More = {}): Metric {
  const { scale, offset, ...snmp } = more;
  return {
    name,
    kind: 'gauge',
    unit,
    help,
    snmp: { oid, ...snmp },
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
  };
}

/** A state; its help ends with what the numbers mean. */
export function state(
  name: string,
  oid: string,
  help: string,
  states: Readonly<Record<number, string>>,
  more: More = {},
): Metric {
  const words = Object.entries(states)
    .map((entry) => entry.join(' '))
    .join(', ');
  return { ...gauge(name, 'state', oid, `${help}: ${words}`, more), states };
}

export function fact(name: string, oid: string, help: string): Fact {
  return { name, oid, help };
}

type TableParts = Partial<Omit<SnmpTable, 'name'>>;

export function table(name: string, parts: TableParts): SnmpTable {
  return { ...parts, name, names: parts.names ?? [], metrics: parts.metrics ?? [], facts: parts.facts ?? [] };
}

/** Only rows whose column has one of these values. */
export function having(oid: string, ...values: readonly (number | string)[]): RowFilter {
  return { oid, is: values.map(String) };
}

export function names(metrics: readonly { readonly name: string }[]): string[] {
  return metrics.map(({ name }) => name);
}

export const KIB = 1024;
export const MIB = 1024 * 1024;
export const TENTH = 0.1;
export const HUNDREDTH = 0.01;
export const THOUSANDTH = 0.001;
