/** An ICMP burst: n echo requests, their loss and the figures of their round-trip times. */
import { z } from 'zod';

/** Codecs whose figures the E-model knows; `g711` conceals lost packets, `g711-no-plc` does not. */
const VOICE_CODECS = ['g711', 'g711-no-plc', 'g729a', 'g723.1'] as const;
export type VoiceCodec = (typeof VOICE_CODECS)[number];

/** What the agent's plan has of it as it stands here; absent in plans of before: the default. */
export const icmpOptions = {
  /** Bytes behind the ICMP header; 56 make the customary 84-byte packet of IPv4. */
  payloadBytes: z.number().int().min(16).max(1472).default(56),
  /** Differentiated services code point: 46 is what voice is usually sent with. */
  dscp: z.number().int().min(0).max(63).default(0),
  /** A path voice is carried over: voiceR and voiceMos for this codec. */
  voice: z.enum(VOICE_CODECS).optional(),
  /** Traces the route when the target is first seen, its distance or state changes, and every 6 h: fact `route`. */
  trace: z.boolean().default(true),
} as const;

/** See `icmpMetrics` for what it gives. */
export const icmpMeasurementSchema = z.strictObject({
  check: z.literal('icmp'),
  everyMs: z.number().int().min(1000),
  packets: z.number().int().min(1).max(100).default(5),
  spacingMs: z.number().int().min(5).max(5000).default(100),
  timeoutMs: z.number().int().min(100).max(10000).default(1000),
  ...icmpOptions,
});

const P95_NEEDS = 20;

/** Written only around what is not 0, so most targets never have them. */
export const RARE_ICMP_METRICS: readonly string[] = ['icmpDuplicates', 'icmpReordered'];

/** Names of the metrics every burst that is answered gives. */
export function icmpMetrics({
  packets,
  voice,
}: Pick<z.output<typeof icmpMeasurementSchema>, 'packets' | 'voice'>): readonly string[] {
  return [
    'rtt',
    'rttMin',
    'rttMax',
    'ipdv',
    'loss',
    ...(packets >= P95_NEEDS ? ['rttP95'] : []),
    ...(voice === undefined ? [] : ['voiceR', 'voiceMos']),
  ];
}
