/**
 * Links between devices: which port of one leads to which port of another. Found by discovery or written by hand.
 * A link has no id: it is its two ends.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';

/**
 * How a link is known, the surest first. `lldp`, `cdp`: a device named its neighbour. `bridge`: a switch has learnt the
 * other's address at that port. `route`: one is the next hop of the other. `manual`: somebody wrote it.
 */
export const LINK_SOURCES = ['manual', 'lldp', 'cdp', 'bridge', 'route'] as const;

/** Stable name of a port, as its series are named (ifName); empty where it is not known. */
const port = z.string().max(300).default('');

export const linkSchema = z.strictObject({
  a: nameSchema,
  aPort: port,
  b: nameSchema,
  bPort: port,
  source: z.enum(LINK_SOURCES).default('manual'),
});
export type Link = z.output<typeof linkSchema>;
