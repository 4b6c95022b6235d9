/** The `analyzers:` entry of the installation file. Light: the CLI loads it to validate a file. */
import { z } from 'zod';
import { addressSchema, nameSchema } from '@kaiku/core';

export const analyzerEntrySchema = z.strictObject({
  name: nameSchema,
  /** Where to serve /healthz, /readyz and /metrics; without it nothing listens. */
  health: addressSchema.optional(),
  /**
   * Into how many parts the entities are divided. Must be the same for every analyzer of an installation. 8 lets a
   * few analyzers share evenly and keeps the leases few; raise it (on all, stopped) for more than four analyzers.
   */
  partitions: z.number().int().min(1).max(256).default(8),
  /** A lease not renewed for this long is free for others. 3 s puts a takeover inside 5 s; below 1 s a busy machine loses leases. */
  leaseMs: z.number().int().min(1000).max(60_000).default(3000),
  /** Pause between evaluations when no hint of new data arrives. Hints start one at once. */
  evaluateEveryMs: z.number().int().min(100).max(60_000).default(1000),
});
export type AnalyzerEntry = z.output<typeof analyzerEntrySchema>;
