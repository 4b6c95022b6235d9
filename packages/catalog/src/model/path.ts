/**
 * A path: a chain of points measured as one, from the agent outwards (workstation, switch, core switch, router,
 * server). An entity of its own: its series tell the chain's round trip and loss, and the hop that is to blame.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { label } from './label.ts';

export const pathSchema = z.strictObject({
  id: nameSchema,
  nick: label,
  site: nameSchema,
  agency: nameSchema,
  agents: z.array(nameSchema).min(1),
  /** Ids of devices, nearest first. */
  points: z.array(nameSchema).min(2).max(32),
  everyMs: z.number().int().min(1000).default(60_000),
});
export type Path = z.output<typeof pathSchema>;
