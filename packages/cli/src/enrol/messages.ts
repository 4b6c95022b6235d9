/** What an appliance and the centre say to each other when it enrols. Documented in docs/formats/enrolment.md. */
import { z } from 'zod';
import { SEALING_KEY_PATTERN } from '@kaiku/core';
import { decode } from '@kaiku/protocol';

/** What kind of machine it is: for people, nothing depends on it. */
export const hostFactsSchema = z.object({
  hostname: z.string().max(255),
  system: z.string().max(200),
  cpus: z.number().int().min(0),
  memoryBytes: z.number().int().min(0),
  node: z.string().max(40),
  kaiku: z.string().max(40),
});
export type HostFacts = z.output<typeof hostFactsSchema>;

export const enrolRequestSchema = z.object({
  v: z.literal(1),
  agent: z.string().max(64),
  /** Public halves; the private ones stay on the appliance. */
  brokerKey: z.string().regex(/^U[A-Z2-7]{55}$/),
  sealingKey: z.string().regex(SEALING_KEY_PATTERN),
  host: hostFactsSchema,
});
export type EnrolRequest = z.output<typeof enrolRequestSchema>;

export const REFUSALS = ['unknown', 'expired', 'used', 'revoked', 'wrong-agent', 'name-taken', 'bad-key'] as const;
export type Refusal = (typeof REFUSALS)[number];

const enrolAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ v: z.literal(1), ok: z.literal(true), agent: z.string(), installation: z.string() }),
  z.object({ v: z.literal(1), ok: z.literal(false), reason: z.enum(REFUSALS), message: z.string().max(1000) }),
]);
export type EnrolAnswer = z.output<typeof enrolAnswerSchema>;

export const encodeMessage = (message: EnrolRequest | EnrolAnswer): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(message));
export const decodeRequest = (bytes: Uint8Array): EnrolRequest | undefined => decode(enrolRequestSchema, bytes);
export const decodeAnswer = (bytes: Uint8Array): EnrolAnswer | undefined => decode(enrolAnswerSchema, bytes);
