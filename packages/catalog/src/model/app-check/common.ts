/** What all application checks have in common: identity, time, where to, TLS, secrets. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { secretText } from '../snmp-access.ts';

export const hostText = z.union([z.ipv4(), z.ipv6(), z.hostname()]);
export const port = z.number().int().min(1).max(65535);

/** Name of a secret, or of a value taken from an answer: used as `{{name}}`. */
export const valueName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'must be 1-40 letters, digits or "_", beginning with a letter');

/** Most secrets of one check: what a person can oversee. */
const SECRETS = 20;

export const commonShape = {
  /** Unique within a device: the instance of its series. */
  id: nameSchema,
  everyMs: z.number().int().min(1000).default(60_000),
  /** For everything together, names and handshakes included. Never longer than the interval. */
  timeoutMs: z.number().int().min(100).max(120_000).default(10_000),
  /** Where to; the device's address without it. */
  host: hostText.optional(),
  /** A name is looked up as this family only; without it IPv4, or IPv6 where there is no other. */
  family: z.literal([4, 6]).optional(),
  /** By name, as they are or sealed (`sealed:…`). */
  secrets: z
    .record(valueName, secretText)
    .refine((all) => Object.keys(all).length <= SECRETS, `must be at most ${SECRETS}`)
    .default({}),
};

/** How a certificate is judged. It is always looked at; what is wrong with it fails the check. */
export const tlsOptions = z.strictObject({
  /** Certificates (PEM) of the authorities that count; without it those of the system. */
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be PEM text').max(65_536).optional(),
  /** Accept a certificate whatever signed it: its validity and name still count. */
  anyIssuer: z.boolean().default(false),
  /** Accept a certificate of another name. */
  anyName: z.boolean().default(false),
  /** Name asked for (SNI) and expected, where it differs from the host. */
  serverName: z.hostname().optional(),
  /** Older ones are refused. Below TLSv1.2 weak ciphers are accepted too: for old devices. */
  minVersion: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});
export type TlsOptions = z.output<typeof tlsOptions>;

/** `starttls` begins in plain text and turns to TLS; it fails where the server does not offer that. */
export const security = z.enum(['none', 'starttls', 'tls']).default('none');

/** Logging in; `secret` names one of `secrets`. */
export const login = z.strictObject({
  user: z.string().min(1).max(256),
  secret: valueName,
  /** Send the password even where nothing encrypts it. */
  inClear: z.boolean().default(false),
});

/** Text looked for in an answer. */
export const soughtText = z.string().min(1).max(1000);
