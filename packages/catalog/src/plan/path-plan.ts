/** A path's part of a plan: its points with their addresses, nearest first. */
import { z } from 'zod';
import { pathOptions } from '../model/path.ts';

export const pathPlanSchema = z.object({
  entity: z.string(),
  everyMs: z.number(),
  points: z.array(z.object({ entity: z.string(), address: z.string() })),
  ...pathOptions,
});
export type PathPlan = z.output<typeof pathPlanSchema>;
