/**
 * Figures of one burst of echo requests. A lost packet has no round-trip time: it counts in the loss and
 * nowhere else. Delay variation is between consecutive packets that both came back (RFC 3393). Times are rounded to
 * the microsecond: what lies below is the machine's own noise, and does not compress. Pure.
 */

export interface BurstStats {
  readonly sent: number;
  readonly received: number;
  /** Lost / sent, 0 to 1. */
  readonly loss: number;
  /** ms; undefined when nothing came back. */
  readonly rtt: { readonly median: number; readonly min: number; readonly max: number } | undefined;
  /** Mean absolute delay variation, ms; undefined without two consecutive answers. */
  readonly ipdv: number | undefined;
}

/** @param rtts round-trip time of each packet in the order sent, ms; NaN for a lost one */
export function burstStats(rtts: readonly number[]): BurstStats {
  const sent = rtts.length;
  const back = rtts.filter((rtt) => !Number.isNaN(rtt)).toSorted((a, b) => a - b);
  const received = back.length;
  const loss = sent === 0 ? 0 : (sent - received) / sent;
  const [min] = back;
  const max = back.at(-1);
  const rtt =
    min === undefined || max === undefined
      ? undefined
      : { median: rounded(median(back)), min: rounded(min), max: rounded(max) };
  return { sent, received, loss, rtt, ipdv: delayVariation(rtts) };
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
