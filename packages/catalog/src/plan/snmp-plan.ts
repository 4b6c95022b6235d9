/** SNMP's part of a plan: access and checks, with every name resolved to its OID. */
import { z } from 'zod';
import { snmpAccessSchema } from '../model/snmp-access.ts';

/** Rows whose column has one of `is`, or none of `not`. */
const rowFilterPlan = z.object({
  oid: z.string(),
  is: z.array(z.string()).optional(),
  not: z.array(z.string()).optional(),
});
export type RowFilterPlan = z.output<typeof rowFilterPlan>;

/** See `snmpObjectSchema`, whose meaning these have. */
const metricPlan = z.object({
  name: z.string(),
  kind: z.enum(['gauge', 'counter']),
  oid: z.string(),
  bits: z.union([z.literal(32), z.literal(64)]).default(64),
  scale: z.number().default(1),
  offset: z.number().optional(),
  absent: z.array(z.number()).optional(),
  texts: z.record(z.string(), z.number()).optional(),
  where: z.array(rowFilterPlan).optional(),
  exponent: z.object({ scale: z.string().optional(), precision: z.string().optional() }).optional(),
  rate: z.boolean().optional(),
});
export type MetricPlan = z.output<typeof metricPlan>;

export const snmpAccessPlan = snmpAccessSchema;

const factPlan = z.object({ name: z.string(), oid: z.string() });

export const SNMP_CHECK_PLANS = [
  z.object({
    check: z.literal('snmp-get'),
    everyMs: z.number(),
    metrics: z.array(metricPlan),
    facts: z.array(factPlan),
  }),
  z.object({
    check: z.literal('snmp-table'),
    everyMs: z.number(),
    table: z.string(),
    /** Column OIDs giving instance names; the row index is the last resort. */
    nameOids: z.array(z.string()),
    /** See `tableSchema`. */
    lookup: z
      .object({ names: z.array(z.string()), by: z.string().optional(), parts: z.number().optional() })
      .optional(),
    textIndex: z.boolean().optional(),
    numbered: z.string().optional(),
    where: z.array(rowFilterPlan).optional(),
    sum: z.boolean().optional(),
    metrics: z.array(metricPlan),
    facts: z.array(factPlan),
  }),
] as const;
