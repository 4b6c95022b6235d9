/**
 * Figures of one burst of echo requests. A lost packet has no round-trip time: it counts in the loss and
 * nowhere else. A packet the prober was held up with is not lost, and its time is not the network's: it counts as received and
 * nowhere else. One that never left this machine does not count at all. Delay variation is between consecutive packets that
 * both came back (RFC 3393). Times are rounded to the microsecond: what lies below is the machine's own noise, and does
 * not compress. Pure.
 */
import type { PacketFate } from './messages.ts';

export interface BurstStats {
  /** Packets that left this machine. */
  readonly sent: number;
  readonly received: number;
  /** Lost / sent, 0 to 1; NaN where nothing was sent. */
  readonly loss: number;
  /** ms; undefined when nothing came back. */
  readonly rtt: Rtt | undefined;
  /** Mean absolute delay variation, ms; undefined without two consecutive answers. */
  readonly ipdv: number | undefined;
}

interface Rtt {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** 95 % took no longer; undefined for fewer than 20 answers, of which it would be the largest. */
  readonly p95: number | undefined;
}

const P95_NEEDS = 20;
const LEAST_TIMEOUT_MS = 100;
/** What a burst needs beside its packets' times. */
const AROUND_MS = 50;

/** How long a burst may wait for its last packet so that a silent target does not cost the next slot. */
export function fittingTimeoutMs(check: {
  readonly everyMs: number;
  readonly packets: number;
  readonly spacingMs: number;
  readonly timeoutMs: number;
}): number {
  const left = check.everyMs - (check.packets - 1) * check.spacingMs - AROUND_MS;
  return Math.max(Math.min(check.timeoutMs, left), LEAST_TIMEOUT_MS);
}

/**
 * @param fates of each packet in the order sent
 * @param rtts round-trip times in the same order, ms; null for what has none
 */
export function burstStats(fates: readonly PacketFate[], rtts: readonly (number | null)[]): BurstStats {
  const sent = fates.filter((fate) => fate !== 'unknown').length;
  const received = fates.filter((fate) => fate === 'ok' || fate === 'tainted').length;
  const clean = rtts.map((rtt, index) => (fates[index] === 'ok' && rtt !== null ? rtt : Number.NaN));
  // Held up with all of them: figures that are somewhat high are better than none.
  const times = clean.every(Number.isNaN) ? rtts.map((rtt) => rtt ?? Number.NaN) : clean;
  const back = times.filter((rtt) => !Number.isNaN(rtt)).toSorted((a, b) => a - b);
  return {
    sent,
    received,
    loss: sent === 0 ? Number.NaN : (sent - received) / sent,
    rtt: back.length === 0 ? undefined : figures(back),
    ipdv: delayVariation(times),
  };
}

function figures(sorted: readonly number[]): Rtt {
  const at = (index: number): number => rounded(sorted[index] ?? Number.NaN);
  return {
    median: rounded(median(sorted)),
    min: at(0),
    max: at(sorted.length - 1),
    p95: sorted.length < P95_NEEDS ? undefined : at(Math.ceil(0.95 * sorted.length) - 1),
  };
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function delayVariation(rtts: readonly number[]): number | undefined {
  let sum = 0;
  let pairs = 0;
  for (let index = 1; index < rtts.length; index += 1) {
    const step = Math.abs((rtts[index] ?? Number.NaN) - (rtts[index - 1] ?? Number.NaN));
    if (Number.isNaN(step)) continue;
    sum += step;
    pairs += 1;
  }
  return pairs === 0 ? undefined : rounded(sum / pairs);
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
