/** What stands in a batch's header, and the limits on all of it. One schema for every version. */
import { z } from 'zod';
import { BATCH_TABLE_NAMES, type BatchTable } from './tables.ts';

/** Limits on anything a peer may send. A larger batch is refused, never cut. */
export const BATCH_LIMITS = {
  /** Whole envelope; NATS is configured for 8 MiB. */
  envelopeBytes: 4 * 1024 * 1024,
  headerBytes: 64 * 1024,
  /** Rows of one block. */
  rows: 1_000_000,
  /** One block, decompressed. */
  blockBytes: 64 * 1024 * 1024,
  /** Header and blocks of a batch of version 2, decompressed: a logger holds a group of them. */
  contentBytes: 32 * 1024 * 1024,
  blocks: 8,
} as const;

/** Names of agents, entities and other parts: subject-safe. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** The newest version this code reads; it reads all before it too. */
export const BATCH_VERSION = 3;
export type BatchVersion = 1 | 2 | 3;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const batchHeaderSchema = z.strictObject({
  version: z.literal([1, 2, 3]),
  agent: z.string().regex(NAME_PATTERN),
  /** Milliseconds since 1970 at which the epoch began; rises with every new epoch. */
  epoch: count,
  /** Rises by one within an epoch, from 1. */
  seq: count.min(1),
  /** Range of the samples inside, ms since 1970; equal to `sealedMs` when there is none. */
  firstMs: count,
  lastMs: count,
  sealedMs: count,
  /** Slots that should have been sampled in this cycle but were not. */
  missedSlots: count,
  clock: z.strictObject({
    /** Estimated offset of the agent's clock, ms; null when nobody told it. */
    offsetMs: z.number().nullable(),
    /** Monotonic time at sealing, ms. */
    monotonicMs: z.number().min(0),
  }),
  blocks: z
    .array(
      z.strictObject({
        table: z.enum(BATCH_TABLE_NAMES as [BatchTable, ...BatchTable[]]),
        rows: count.min(1).max(BATCH_LIMITS.rows),
        /** Bytes of the block as it stands in the body: version 1 a zstd frame, version 2 plain. */
        bytes: count.min(1),
      }),
    )
    .max(BATCH_LIMITS.blocks),
});
export type BatchHeader = z.infer<typeof batchHeaderSchema>;
/** What its sealer says of a batch; the rest follows from its tables. */
export type BatchHead = Omit<BatchHeader, 'version' | 'blocks'>;
