/**
 * How a device's SNMP agent is spoken to. Versions 1 and 2c need a community, version 3 a user (RFC 3414) with, at
 * choice, authentication and privacy. Secrets may stand here as they are or sealed (`sealed:…`).
 */
import { z } from 'zod';

/** HMAC-MD5-96, HMAC-SHA-96 (RFC 3414) and the SHA-2 family (RFC 7860). */
export const AUTH_PROTOCOLS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
/** DES (RFC 3414), AES-128 (RFC 3826); 192 and 256 bits with Blumenthal's key extension, or Reeder's as Cisco has it. */
export const PRIVACY_PROTOCOLS = ['des', 'aes128', 'aes192', 'aes256', 'aes192-cisco', 'aes256-cisco'] as const;

/** A secret: as it is, or sealed to the agents that need it. */
export const secretText = z.string().min(1).max(65_536);
const port = z.number().int().min(1).max(65535);
const usmPassword = secretText.refine((text) => text.length >= 8, 'must have at least 8 characters (RFC 3414)');

export const snmpAccessSchema = z
  .strictObject({
    /** YAML reads `version: 3` as a number. */
    version: z
      .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.enum(['1', '2c', '3']))
      .default('2c'),
    port: port.default(161),
    /** Versions 1 and 2c. */
    community: secretText.optional(),
    /** Version 3: the USM user's name. */
    user: z.string().min(1).max(32).optional(),
    auth: z.strictObject({ protocol: z.enum(AUTH_PROTOCOLS), password: usmPassword }).optional(),
    privacy: z.strictObject({ protocol: z.enum(PRIVACY_PROTOCOLS), password: usmPassword }).optional(),
    /** Version 3: contextName, where a device has several. */
    context: z.string().max(255).optional(),
    /** Load budget: more requests a second it is not asked. Without it the agent's `snmp.maxRequestsPerSecond` holds. */
    requestsPerSecond: z.number().min(0.1).max(10_000).optional(),
  })
  .refine((access) => access.version === '3' || access.community !== undefined, {
    path: ['community'],
    message: 'is needed for versions 1 and 2c',
  })
  .refine((access) => access.version !== '3' || access.user !== undefined, {
    path: ['user'],
    message: 'is needed for version 3',
  })
  .refine((access) => access.privacy === undefined || access.auth !== undefined, {
    path: ['auth'],
    message: 'privacy needs authentication (RFC 3414)',
  });
export type SnmpAccess = z.output<typeof snmpAccessSchema>;
