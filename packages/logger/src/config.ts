/** One entry of `loggers:` in the installation file. The store it names is looked up in main.ts. */
import { z } from 'zod';
import { addressSchema, nameSchema } from '@kaiku/core';

export const loggerEntrySchema = z.strictObject({
  /** Its name is also that of its durable consumers on the broker: never reuse one for another store. */
  name: nameSchema,
  /** The store it writes: a name of `stores:`. */
  store: nameSchema,
  /** Where /healthz, /readyz and /metrics listen; without it nothing does. */
  health: addressSchema.optional(),
  /** Batches taken together into one insert per table: fewer, larger parts in the store. */
  groupBatches: z.number().int().min(1).max(1000).default(64),
  /** Bytes after which a group is closed whatever it counts: bounds memory and the time of one insert. */
  groupBytes: z
    .number()
    .int()
    .min(64 * 1024)
    .max(256 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  repair: z
    .strictObject({
      /** How long a hole is given to fill by itself: batches overtake each other in two lanes and on two sites. */
      settleMs: z.number().int().min(0).max(3_600_000).default(15_000),
    })
    .default({ settleMs: 15_000 }),
  audit: z
    .strictObject({
      /** The store's ledger and the last closed hours: what is lost shortly after it came is found this soon. */
      recentEveryMs: z.number().int().min(100).max(86_400_000).default(600_000),
      /** Everything agents hold. */
      fullEveryMs: z
        .number()
        .int()
        .min(1000)
        .max(7 * 86_400_000)
        .default(86_400_000),
    })
    .default({ recentEveryMs: 600_000, fullEveryMs: 86_400_000 }),
});
export type LoggerEntry = z.output<typeof loggerEntrySchema>;
