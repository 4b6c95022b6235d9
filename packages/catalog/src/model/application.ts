/** Application records (H1): what people use, how much, when, and what it stands on. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { label } from './label.ts';

export const applicationSchema = z.strictObject({
  id: nameSchema,
  name: label,
  /** Of an agency of the catalog, where one alone uses it. */
  agency: nameSchema.optional(),
  /** People who use it. */
  users: z.number().int().min(0).optional(),
  transactionsPerDay: z.number().min(0).optional(),
  /** A calendar's id, or 24x7. */
  serviceHours: z.string().max(60).default('24x7'),
  criticality: z.enum(['low', 'normal', 'high']).default('normal'),
  owner: label.optional(),
  /** Ids of devices and of other applications it needs. */
  dependsOn: z.array(nameSchema).default([]),
  tags: z.record(z.string().max(40), z.string().max(120)).default({}),
});
export type Application = z.output<typeof applicationSchema>;
