/**
 * What whoever seals batches must be able to tell of them, so that loggers can find and fill their holes.
 * The agent's buffer (90 days on disk) and the result publisher (a while in memory) are such sources; the
 * responder speaks for either.
 */
import type { EpochInventory, HourDigest, RangeSet } from '@kaiku/protocol';

export interface BatchSource {
  readonly agent: string;
  /** 16 hex digits: this life of the buffer. */
  readonly instance: string;
  /** The epoch sealed under now. */
  readonly epoch: number;
  /** Every epoch known, newest first; one with too many ranges for a message in several parts. */
  inventory(): readonly EpochInventory[];
  /** The sealed bytes, their hash checked; undefined when they are gone. */
  read(epoch: number, seq: number): Uint8Array | undefined;
  /** Per hour of sealing that holds batches of the epoch, ascending. */
  audit(epoch: number, fromMs: number, toMs: number): readonly HourDigest[];
  /** The batches of an epoch sealed in one hour. */
  list(epoch: number, hourMs: number): readonly { readonly seq: number; readonly sha256: string }[];
  /** A logger says that it lacks these, whatever it acknowledged before. */
  lacks(logger: string, epoch: number, ranges: RangeSet): void;
}
