/**
 * How a hole is found and filled: an agent says what it holds, a logger asks for what it lacks.
 *
 * ```
 *  agent ── Inventory (each minute, and when something changed) ──▶ loggers     what I hold, what I lost
 *  agent ◀── Command: replay (agent, epoch, ranges) ── logger                   what I lack
 *  agent ── batches on kaiku.replay.<logger>.<agent> ──▶ that logger
 *  agent ◀── Command: audit / list, as requests ── logger                       do we agree, hour by hour?
 *  agent ── ClaimRequest, as a request ──▶ one logger                           may I speak under this name?
 * ```
 *
 * Every message is bounded, may be lost and may be repeated: the next inventory or audit finds what is left.
 * "Agent" is whoever seals batches, so analyzers answer too (for as long as they remember).
 * Documented in docs/formats/messages.md.
 */
import { z } from 'zod';
import { NAME_PATTERN } from '../batch/header.ts';

const name = z.string().regex(NAME_PATTERN);
const whole = z.number().int().min(0);
/** The most ranges one list holds: larger sets are sent in parts (`from`, `to`). */
export const MAX_RANGES = 1000;
const ranges = z.array(z.tuple([whole, whole])).max(MAX_RANGES);
/** Random, hex: one life of a buffer. A copied or new buffer has another. */
const instance = z.string().regex(/^[0-9a-f]{16}$/);

/**
 * Why a batch that was once sealed can no longer be had from its agent.
 * `expired`: past its age. `space`: given up for room. `damage`: its bytes were found damaged.
 * `unwritten`: the number was used up without a batch (the disk refused). `contested`: sealed while another
 * instance spoke under this name, and kept back. `forgotten`: the agent has no record of it.
 */
export const LOSS_REASONS = ['expired', 'space', 'damage', 'unwritten', 'contested', 'forgotten'] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** The same for people. */
export const LOSS_WORDS: Readonly<Record<LossReason, string>> = {
  expired: 'older than the agent keeps',
  space: 'given up by the agent for room on its disk',
  damage: "damaged on the agent's disk",
  unwritten: "refused by the agent's disk",
  contested: 'sealed while another agent spoke under the same name',
  forgotten: 'unknown to the agent: its buffer is another one now',
};

const lossSchema = z.object({ ranges, reason: z.enum(LOSS_REASONS) });

/** What an agent knows of the sequence numbers `from..to` of one epoch: each is held or lost. */
export const epochInventorySchema = z.object({
  epoch: whole,
  from: whole,
  /** Of the newest part of an epoch: the highest number it ever used. */
  to: whole,
  held: ranges,
  /** Of those held: not yet taken by the broker, so they will come by themselves. */
  waiting: ranges,
  lost: z.array(lossSchema).max(LOSS_REASONS.length),
});
export type EpochInventory = z.infer<typeof epochInventorySchema>;

export const inventoryMessageSchema = z.object({
  v: z.literal(1),
  agent: name,
  instance,
  atMs: whole,
  /** The epoch it seals under now. */
  epoch: whole,
  epochs: z.array(epochInventorySchema).max(200),
  /**
   * This message names every epoch the agent knows: a logger's epoch that is not in it is `forgotten`.
   * False for one part of an inventory too large for one message.
   */
  complete: z.boolean(),
});
export type InventoryMessage = z.infer<typeof inventoryMessageSchema>;

/** Commands to an agent that concern repair; see commandMessageSchema. */
export const repairCommands = [
  /** Send your inventory now. */
  z.object({ v: z.literal(1), command: z.literal('inventory') }),
  /** Send these batches to this logger's replay lane. Replaces this logger's earlier request. */
  z.object({
    v: z.literal(1),
    command: z.literal('replay'),
    logger: name,
    wanted: z.array(z.object({ epoch: whole, ranges })).max(50),
    /** They may come in bundles. Absent from older loggers. */
    bundles: z.boolean().optional(),
  }),
  /** Request: answer with an AuditAnswer for the batches of an epoch sealed in [fromMs, toMs), at most a day. */
  z.object({ v: z.literal(1), command: z.literal('audit'), logger: name, epoch: whole, fromMs: whole, toMs: whole }),
  /** Request: answer with a ListAnswer for the batches of an epoch sealed in one hour. */
  z.object({ v: z.literal(1), command: z.literal('list'), logger: name, epoch: whole, hourMs: whole }),
] as const;

export const HOUR_MS = 3_600_000;

/** Count and digest of the batches of one epoch sealed in one hour (`hourMs`: its beginning). */
export const hourDigestSchema = z.object({
  hourMs: whole,
  batches: whole,
  /** See `digestOf`. */
  digest: z.string().regex(/^[0-9a-f]{16}$/),
});
export type HourDigest = z.infer<typeof hourDigestSchema>;

export const auditAnswerSchema = z.object({
  v: z.literal(1),
  agent: name,
  instance,
  epoch: whole,
  /** Hours that hold at least one batch, ascending. */
  hours: z.array(hourDigestSchema).max(48),
});
export type AuditAnswer = z.infer<typeof auditAnswerSchema>;

/** Sequence number and first 16 hex digits of the sha256 of each batch of one hour. */
export const listAnswerSchema = z.object({
  v: z.literal(1),
  agent: name,
  instance,
  epoch: whole,
  batches: z.array(z.tuple([whole, z.string().regex(/^[0-9a-f]{16}$/)])).max(20_000),
});
/** The largest list: an hour sealed every 200 ms is 18,000 batches. For `decode`. */
export const LIST_BYTES = 768 * 1024;
export type ListAnswer = z.infer<typeof listAnswerSchema>;

/** May this instance speak under its name? Asked every few seconds; answered by any logger. */
export const claimRequestSchema = z.object({
  v: z.literal(1),
  agent: name,
  instance,
  startedMs: whole,
  epoch: whole,
});
export type ClaimRequest = z.infer<typeof claimRequestSchema>;

export const claimAnswerSchema = z.object({
  v: z.literal(1),
  granted: z.boolean(),
  /** Who holds the name. */
  holder: instance,
  sinceMs: whole,
  /** When the holder last renewed it, by a logger's clock: unchanged while the holder is silent. Absent from older loggers. */
  renewedMs: whole.optional(),
  /** The logger's clock when it answered: tells the agent its own clock's offset. */
  atMs: whole,
});
export type ClaimAnswer = z.infer<typeof claimAnswerSchema>;

/** To a logger: look now whether your store holds what it should. Answered by an AuditReport when it is done. */
export const loggerCommandSchema = z.object({ v: z.literal(1), command: z.literal('audit') });
export type LoggerCommand = z.infer<typeof loggerCommandSchema>;

/** What a logger's audit found; every figure since this audit began. */
export const auditReportSchema = z.object({
  v: z.literal(1),
  logger: name,
  tookMs: whole,
  /** Hours of sealing compared with agents, and hours of sample time counted in the tables. */
  sealedHours: whole,
  sampleHours: whole,
  /** Hours in which the store holds less than it should, or something else. */
  differences: whole,
  /** Batches the store was found to lack, to be had from their agents. */
  doubted: whole,
  /** Batches the store's ledger holds that the logger did not know of: restored from elsewhere. */
  adopted: whole,
  /** Batches held with another hash than the agent's. */
  conflicts: whole,
  /** Agents that did not answer. */
  silent: z.array(name).max(10_000),
});
export type AuditReport = z.infer<typeof auditReportSchema>;

const MASK = (1n << 64n) - 1n;

/**
 * Digest of a set of batches, independent of order: the first eight bytes of each sha256 (as a
 * big-endian number) summed modulo 2^64, as 16 hex digits. SQL computes the same by
 * `sum(reinterpretAsUInt64(reverse(unhex(substring(sha256, 1, 16)))))`.
 * @param hashes sha256 in lower-case hex
 */
export function digestOf(hashes: Iterable<string>): string {
  let sum = 0n;
  for (const hash of hashes) sum = (sum + BigInt(`0x${hash.slice(0, 16)}`)) & MASK;
  return digestText(sum);
}

/** A sum as `digestOf` writes it. */
export function digestText(sum: bigint): string {
  return (sum & MASK).toString(16).padStart(16, '0');
}
