/**
 * A path: a chain of points measured as one, from the agent outwards (workstation, switch, core switch, router,
 * server). An entity of its own: its series tell the chain's round trip and loss, and the hop that is to blame.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { label } from './label.ts';

/** What the agent's plan has of it as it stands here; absent in plans of before: the default. */
export const pathOptions = {
  /** Packets to each point in a slot. Blame is judged over three slots: 10 tell a loss of 7 %. */
  packets: z.number().int().min(1).max(100).default(10),
  spacingMs: z.number().int().min(5).max(5000).default(50),
  timeoutMs: z.number().int().min(100).max(10000).default(1000),
} as const;

export const pathSchema = z.strictObject({
  id: nameSchema,
  nick: label,
  site: nameSchema,
  agency: nameSchema,
  agents: z.array(nameSchema).min(1),
  /** Ids of devices, nearest first. */
  points: z.array(nameSchema).min(2).max(32),
  everyMs: z.number().int().min(1000).default(60_000),
  ...pathOptions,
});
export type Path = z.output<typeof pathSchema>;
