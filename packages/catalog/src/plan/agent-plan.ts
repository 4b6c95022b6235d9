/**
 * What one agent is to do: the catalog compiled for it, with everything resolved so that the agent
 * needs no templates and no dictionary. Answer to `kaiku.config.<agent>`, kept by the agent on disk
 * for when the centre is away. Versioned; N reads N-1: version 2 has more kinds of checks, paths and SNMPv3, and is
 * sent only to agents that say they read it.
 */
import { z } from 'zod';
import { APP_CHECK_PLANS } from './app-plan.ts';
import { icmpCheckPlan } from './icmp-plan.ts';
import { pathPlanSchema } from './path-plan.ts';
import { SNMP_CHECK_PLANS, snmpAccessPlan } from './snmp-plan.ts';

/** What an agent needs of the catalog to carry its plan out. */
export { isAppCheck } from '../model/app-check.ts';
export { fillPlaceholders } from '../model/app-check/placeholder.ts';

export const PLAN_VERSION = 2;

export const checkPlanSchema = z.discriminatedUnion('check', [icmpCheckPlan, ...SNMP_CHECK_PLANS, ...APP_CHECK_PLANS]);
export type CheckPlan = z.output<typeof checkPlanSchema>;

export const targetPlanSchema = z.object({
  entity: z.string(),
  address: z.string(),
  snmp: snmpAccessPlan.optional(),
  /** Load budget of its SNMP agent; beside the access, which agents of before read strictly. */
  requestsPerSecond: z.number().positive().optional(),
  checks: z.array(checkPlanSchema),
});
export type TargetPlan = z.output<typeof targetPlanSchema>;

export const agentPlanSchema = z.object({
  v: z.literal([1, 2]),
  agent: z.string(),
  /** Rises with each change of the catalog. */
  revision: z.number().int(),
  targets: z.array(targetPlanSchema),
  paths: z.array(pathPlanSchema).default([]),
});
export type AgentPlan = z.output<typeof agentPlanSchema>;
