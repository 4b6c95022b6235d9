/** What a measurement point costs a month (G5), and what is known to be there, measured or not. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { DEVICE_KINDS } from './device-kind.ts';

const price = z.number().min(0).max(1_000_000);

export const costSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code of three capitals, e.g. EUR'),
  /** A device a month … */
  pointMonth: price,
  /** … of these kinds instead … */
  byKind: z.partialRecord(z.enum(DEVICE_KINDS), price).default({}),
  /** … times this for its criticality … */
  factor: z.partialRecord(z.enum(['low', 'normal', 'high']), z.number().min(0).max(100)).default({}),
  /** … and this much for each further agent that measures it too. */
  furtherAgentMonth: price.default(0),
});
export type CostModel = z.output<typeof costSchema>;

/** How many devices of a kind stand at a site by the books: what coverage is measured against. */
export const inventorySchema = z.strictObject({
  site: nameSchema,
  kind: z.enum(DEVICE_KINDS),
  count: z.number().int().min(0),
});
export type InventoryLine = z.output<typeof inventorySchema>;
