/** SNMP's part of a plan: access and checks, with every name resolved to its OID. */
import { z } from 'zod';
import { snmpAccessSchema } from '../model/snmp-access.ts';

const metricPlan = z.object({
  name: z.string(),
  kind: z.enum(['gauge', 'counter']),
  oid: z.string(),
  bits: z.union([z.literal(32), z.literal(64)]).default(64),
  scale: z.number().default(1),
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
    metrics: z.array(metricPlan),
    facts: z.array(factPlan),
  }),
] as const;
