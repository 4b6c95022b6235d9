/**
 * What one agent is to do: the catalog compiled for it, with everything resolved so that the agent
 * needs no templates and no dictionary. Answer to `kaiku.config.<agent>`, kept by the agent on disk
 * for when the centre is away. Versioned; N reads N-1.
 */
import { z } from 'zod';

const metricPlan = z.object({
  name: z.string(),
  kind: z.enum(['gauge', 'counter']),
  oid: z.string(),
  bits: z.union([z.literal(32), z.literal(64)]).default(64),
  scale: z.number().default(1),
});
export type MetricPlan = z.output<typeof metricPlan>;

const factPlan = z.object({ name: z.string(), oid: z.string() });

export const checkPlanSchema = z.discriminatedUnion('check', [
  z.object({
    check: z.literal('icmp'),
    everyMs: z.number(),
    packets: z.number(),
    spacingMs: z.number(),
    timeoutMs: z.number(),
  }),
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
]);
export type CheckPlan = z.output<typeof checkPlanSchema>;

export const targetPlanSchema = z.object({
  entity: z.string(),
  address: z.string(),
  snmp: z.object({ version: z.literal('2c'), port: z.number(), community: z.string() }).optional(),
  checks: z.array(checkPlanSchema),
});
export type TargetPlan = z.output<typeof targetPlanSchema>;

export const agentPlanSchema = z.object({
  v: z.literal(1),
  agent: z.string(),
  /** Rises with each change of the catalog. */
  revision: z.number().int(),
  targets: z.array(targetPlanSchema),
});
export type AgentPlan = z.output<typeof agentPlanSchema>;
