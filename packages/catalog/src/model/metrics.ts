/**
 * The metric dictionary's entries: what every metric, fact and table name means. Names are the field's standard
 * terms. The built-in ones are in `dictionary/`; a catalog may add its own under `metrics`, `facts` and `tables`, in
 * the same form, and so poll any object without code.
 */
import { z } from 'zod';
import { label } from './label.ts';
import { oidText } from './oid.ts';

/** Names as MIBs have them. */
export const metricName = z
  .string()
  .max(64)
  .regex(/^[a-zA-Z][a-zA-Z0-9]*$/, 'must be letters and digits, a letter first');

/** Rows of a table that count: those whose column has one of `is`, or none of `not` (numbers as text). */
export const rowFilterSchema = z
  .strictObject({
    oid: oidText,
    is: z.array(z.string().max(200)).min(1).optional(),
    not: z.array(z.string().max(200)).min(1).optional(),
  })
  .refine((filter) => (filter.is === undefined) !== (filter.not === undefined), 'needs either "is" or "not"');
export type RowFilter = z.output<typeof rowFilterSchema>;

export const snmpObjectSchema = z.strictObject({
  /** Numeric OID: of the scalar's instance (`….0`) or of the table's column. */
  oid: oidText,
  /** Width of a counter. */
  bits: z.union([z.literal(32), z.literal(64)]).optional(),
  /** Raw values that mean "there is none" (not present, unknown): no sample. */
  absent: z.array(z.number()).min(1).optional(),
  /** What a text stands for, capitals or not, where a device says states in words. */
  texts: z.record(z.string().max(60), z.number()).optional(),
  /** Only rows of which all of these hold; for tables that hold many kinds of things. */
  where: z.array(rowFilterSchema).min(1).optional(),
  /** Columns with the power of ten of each row's values, as ENTITY-SENSOR-MIB has them (RFC 3433). */
  exponent: z.strictObject({ scale: oidText.optional(), precision: oidText.optional() }).optional(),
  /** The object counts; the gauge is its increase per second (times `scale`). Tables only. */
  rate: z.boolean().optional(),
});
export type SnmpObject = z.output<typeof snmpObjectSchema>;

const help = z.string().min(1).max(300);
const unit = z.string().min(1).max(20);

const metricFields = {
  name: metricName,
  /** Unit of the stored value: `B`, `ms`, `%`, `ratio`, `1`, `s`, `°C`; rates get `/s`. */
  unit,
  help,
  /** Stored value = raw value times this (TimeTicks 0.01 → s), plus `offset`. Gauges only. */
  scale: z.number().optional(),
  offset: z.number().optional(),
  /** Names of a state's numbers. */
  states: z.record(z.string().regex(/^-?\d+$/, 'must be a whole number'), z.string().max(60)).optional(),
};

/** A metric of the catalog's own: always read by SNMP. */
export const ownMetricSchema = z
  .strictObject({ ...metricFields, kind: z.enum(['gauge', 'counter']), snmp: snmpObjectSchema })
  .refine((metric) => metric.kind === 'gauge' || (metric.scale ?? metric.offset) === undefined, {
    path: ['scale'],
    message: 'is for gauges: counters are stored as they are read',
  })
  .refine((metric) => metric.kind === 'gauge' || metric.snmp.rate !== true, {
    path: ['snmp', 'rate'],
    message: 'is for gauges: a counter is shown as its rate anyway',
  });

type MetricFields = z.output<z.ZodObject<typeof metricFields>>;

export interface Metric extends Readonly<MetricFields> {
  readonly kind: 'gauge' | 'counter' | 'derived';
  /** Where SNMP has it; absent for ICMP and computed metrics. */
  readonly snmp?: SnmpObject | undefined;
}

/** A name that stands in another table, which this table's rows point at. */
export const lookupSchema = z.strictObject({
  /** Columns of the other table; the first that has a text. */
  names: z.array(oidText).min(1),
  /** Column of this table with the other's index, or with an OID that ends in it … */
  by: oidText.optional(),
  /** … or how many numbers at the start of this table's index are the other's; what follows is put behind the name. */
  parts: z.number().int().min(1).max(32).optional(),
});

/** A walkable table: how its rows are called, and what its columns are. */
export const tableSchema = z.strictObject({
  name: metricName,
  /** Columns with the name of a row (ifName, hrStorageDescr): the first that has a text. Without any, the index. */
  names: z.array(oidText).default([]),
  /** Used where none of `names` gives one. */
  lookup: lookupSchema
    .refine((lookup) => (lookup.by === undefined) !== (lookup.parts === undefined), 'needs either "by" or "parts"')
    .optional(),
  /** The index is a text (a DisplayString as INDEX): it names the row. */
  textIndex: z.boolean().optional(),
  /** Rows have no names: they are numbered from 0 in the order of their indexes, behind this word (`CPU 0`). */
  numbered: label.optional(),
  /** Only rows of which all of these hold. */
  where: z.array(rowFilterSchema).min(1).optional(),
  /** Rows of the same name are added up to one (processes). Gauges only. */
  sum: z.boolean().optional(),
  metrics: z.array(metricName).default([]),
  facts: z.array(metricName).default([]),
});
export type SnmpTable = z.output<typeof tableSchema>;

/** A slowly changing text read by SNMP. */
export const factSchema = z.strictObject({ name: metricName, oid: oidText, help });
export type Fact = z.output<typeof factSchema>;
