/**
 * What a telephone call over this path would sound like: the E-model (ITU-T G.107) with its defaults, delay and loss
 * put in. Codec figures from ITU-T G.113 appendix I. Pure.
 *
 * One way is taken to be half of the round trip; what telephones add (packets of 20 ms, jitter buffers) is not in it, so R is that of
 * the path and an upper bound for the call. Loss counts as random (BurstR 1).
 */
import type { VoiceCodec } from '@kaiku/catalog';

export interface VoiceQuality {
  /** Rating factor: 93.2 is the best there is, below 60 nearly all users are dissatisfied (G.109), 0 the worst. */
  readonly r: number;
  /** Mean opinion score, 1 to 4.5. */
  readonly mos: number;
}

export const NO_CALL: VoiceQuality = { r: 0, mos: 1 };

/** Impairment of the codec itself, and how well it conceals lost packets. */
const CODECS: Readonly<Record<VoiceCodec, { readonly ie: number; readonly bpl: number }>> = {
  g711: { ie: 0, bpl: 25.1 },
  'g711-no-plc': { ie: 0, bpl: 4.3 },
  g729a: { ie: 11, bpl: 19 },
  'g723.1': { ie: 15, bpl: 16.1 },
};

/**
 * @param rttMs round-trip time
 * @param loss 0 to 1
 */
export function voiceQuality(rttMs: number, loss: number, codec: VoiceCodec): VoiceQuality {
  const { ie, bpl } = CODECS[codec];
  const oneWayMs = rttMs / 2;
  const lossPercent = 100 * loss;
  const delayImpairment = 0.024 * oneWayMs + 0.11 * Math.max(0, oneWayMs - 177.3);
  const lossImpairment = ie + ((95 - ie) * lossPercent) / (lossPercent + bpl);
  const r = 93.2 - delayImpairment - lossImpairment;
  return { r: Math.max(0, Math.round(r * 10) / 10), mos: Math.round(opinion(r) * 100) / 100 };
}

function opinion(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  // The cubic dips below 1 for R under 6.5, which no opinion does.
  return Math.max(1, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r));
}
