/** What to ask a device for. */
import { z } from 'zod';
import { APP_CHECK_SCHEMAS } from './app-check.ts';
import { icmpMeasurementSchema } from './icmp.ts';

/** What to ask a device for. Metric names are those of the metric dictionary. */
export const measurementSchema = z.discriminatedUnion('check', [
  icmpMeasurementSchema,
  /** Single objects of one GET (several PDUs when many). */
  z.strictObject({
    check: z.literal('snmp-get'),
    everyMs: z.number().int().min(1000),
    metrics: z.array(z.string()).default([]),
    facts: z.array(z.string()).default([]),
  }),
  /** Columns of one table, walked together with GETBULK. */
  z.strictObject({
    check: z.literal('snmp-table'),
    everyMs: z.number().int().min(1000),
    /** Key of SNMP_TABLES: ifXTable, hrStorage, hrProcessor. */
    table: z.string(),
    metrics: z.array(z.string()).default([]),
    facts: z.array(z.string()).default([]),
  }),
  ...APP_CHECK_SCHEMAS,
]);
export type Measurement = z.output<typeof measurementSchema>;
