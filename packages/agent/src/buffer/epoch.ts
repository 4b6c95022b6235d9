/**
 * When a new epoch begins. Within an epoch a sequence number is never used for two contents; whenever that
 * can no longer be sworn to, a new epoch begins, which costs nothing but a line in the ledger. Pure.
 */

export interface Found {
  /** From state.db; undefined when it is new or was damaged. */
  readonly epoch: number | undefined;
  readonly nextSeq: number | undefined;
  readonly identity: string | undefined;
  /** The machine and file as they are now. */
  readonly actualIdentity: string;
  /** Highest sequence number of that epoch in the day files; 0 when there is none. */
  readonly highestSeq: number;
  /** A day file could not be read. */
  readonly damaged: boolean;
}

export type EpochReason = 'created' | 'damaged' | 'copied' | 'restored';

/** Why the buffer must begin a new epoch; undefined when it may go on with the old one. */
export function newEpochReason(found: Found): EpochReason | undefined {
  if (found.epoch === undefined || found.nextSeq === undefined) return found.damaged ? 'damaged' : 'created';
  if (found.damaged) return 'damaged';
  if (found.identity !== found.actualIdentity) return 'copied';
  // state.db is committed before each batch: behind means it was put back, ahead that batches are gone.
  if (found.nextSeq !== found.highestSeq + 1) return 'restored';
  return undefined;
}

/** Two lives of one buffer (a copy and its original) must not choose the same epoch: by chance, ms. */
const SPREAD_MS = 1024;
/** When the clock is behind, chance is all there is. */
const BLIND_SPREAD_MS = 2 ** 20;

/**
 * Epochs are times, ms since 1970, and rise even if the clock does not.
 * @param chance 0 up to 1
 */
export function nextEpoch(nowMs: number, before: number, chance: number): number {
  const spread = Math.floor(chance * (nowMs > before ? SPREAD_MS : BLIND_SPREAD_MS));
  return Math.max(nowMs, before + 1) + spread;
}
