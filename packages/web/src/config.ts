/** A web server's entry under `webs:` in the installation file. */
import { addressSchema, nameSchema } from '@kaiku/core';
import { z } from 'zod';

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const webEntrySchema = z.strictObject({
  name: nameSchema,
  /** Where the portal listens. Put TLS in front of it where the network is not trusted. */
  listen: addressSchema,
  /** Loopback address of /healthz, /readyz and /metrics; without it only the broker hears reports. */
  health: addressSchema.optional(),
  /**
   * Key of the session cookies, 32 bytes; written at first start. All web servers of an installation
   * must share it, or a person is signed out when a request reaches another one.
   * Default: `<dataDir>/web/secret`.
   */
  secretFile: z.string().min(1).optional(),
  /** Zone in which times are read and written. */
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone, e.g. Europe/Helsinki').default('Europe/Helsinki'),
  /** True when a proxy of yours stands in front: then X-Forwarded-For and -Proto are believed. */
  behindProxy: z.boolean().default(false),
});

export type WebEntry = z.output<typeof webEntrySchema>;
