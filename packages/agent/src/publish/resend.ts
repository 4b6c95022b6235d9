/**
 * When a batch the broker took must be sent again because a logger never said it has it (a broker that was
 * wiped between taking and delivering). Pure; the publisher asks once in a while.
 *
 * A logger that was away for a day and now works through what the broker kept for it also lacks much, and
 * resending that would only add to its load. So what it lacks is sent again only when the logger acknowledges
 * (it lives) and yet what it lacks has not shrunk for a while (nothing more is coming to it).
 */
import { common, count, subtract, type EpochRanges } from './choose.ts';

/** Time a logger has for a batch before its absence means anything. */
export const SETTLE_MS = 60_000;
/** A logger that acknowledged nothing for this long is away: the broker keeps its share. */
const ALIVE_MS = 60_000;

/** What the publisher remembers of one logger between two looks. */
export interface LoggerWatch {
  /** What it lacked at the last look, of what had settled then. */
  readonly lacking: EpochRanges;
  /** When it last acknowledged something it had lacked, ms since 1970. */
  readonly progressMs: number;
}

export interface LoggerLook {
  readonly acked: EpochRanges;
  readonly lastAckMs: number;
  /** Batches the broker took at least SETTLE_MS ago, the buffer still holds and that are not being resent. */
  readonly settled: EpochRanges;
  readonly nowMs: number;
  readonly before: LoggerWatch | undefined;
}

const NOTHING: EpochRanges = new Map();

/** What to send again on behalf of one logger, and what to remember. */
export function lookAt(look: LoggerLook): { readonly resend: EpochRanges; readonly watch: LoggerWatch } {
  const { acked, settled, nowMs, before } = look;
  const lacking = subtract(settled, acked);
  const progressed = before === undefined || count(common(before.lacking, acked)) > 0;
  const progressMs = progressed ? nowMs : before.progressMs;
  const alive = nowMs - look.lastAckMs < ALIVE_MS;
  const stalled = nowMs - progressMs >= SETTLE_MS;
  return { resend: alive && stalled ? lacking : NOTHING, watch: { lacking, progressMs } };
}
