/**
 * An agent as the catalog knows it: where it stands and what it reaches, so that devices which name no agents can be
 * given some (`assign/`). Agents that devices name themselves need no record.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { label } from './label.ts';

export const agentRecordSchema = z.strictObject({
  id: nameSchema,
  nick: label.optional(),
  /** Where it stands: devices of this site are its own before others'. */
  site: nameSchema,
  /** Further sites it reaches. */
  reaches: z.array(nameSchema).default([]),
  /** Share of the devices it takes, beside the others that reach them: one of 2 takes twice as many as one of 1. */
  capacity: z.number().min(0.01).max(1000).default(1),
});
export type AgentRecord = z.output<typeof agentRecordSchema>;
