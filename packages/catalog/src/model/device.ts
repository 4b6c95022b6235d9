/** Measurement points. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { appCheckSchema } from './app-check.ts';
import { label } from './label.ts';
import { snmpAccessSchema } from './snmp-access.ts';

/** `10.0.0.300` could be a host's name by its letters; it is an address with a mistake. */
export const isMistypedAddress = (text: string): boolean => /^[\d.]+$/.test(text) && !z.ipv4().safeParse(text).success;

/** One measurement point (G1). */
export const deviceSchema = z.strictObject({
  id: nameSchema,
  nick: label,
  /** Names of digits alone are refused in files (`isMistypedAddress`), not here: they may be in force already. */
  address: z.union([z.ipv4(), z.ipv6(), z.hostname()], 'must be an IPv4 or IPv6 address, or a host name'),
  template: nameSchema,
  site: nameSchema,
  agency: nameSchema,
  /** Agents that measure it; more than one gives redundancy. Without them `redundancy` says how many are chosen. */
  agents: z.array(nameSchema).default([]),
  /** This many of the agents that reach its site measure it (`assign/agents-for.ts`). */
  redundancy: z.number().int().min(1).max(8).optional(),
  snmp: snmpAccessSchema.optional(),
  /** Application checks of its own; one with the id of a check of the template stands instead of that. */
  checks: z.array(appCheckSchema).max(50).default([]),
  /** Overrides the interval of all its checks, ms. */
  everyMs: z.number().int().min(1000).optional(),
  owner: label.optional(),
  /** The person at a workstation. */
  user: label.optional(),
  criticality: z.enum(['low', 'normal', 'high']).default('normal'),
  serviceHours: z.string().max(60).default('24x7'),
  /** Devices this one is reached through. */
  dependsOn: z.array(nameSchema).default([]),
  tags: z.record(z.string().max(40), z.string().max(120)).default({}),
});
export type Device = z.output<typeof deviceSchema>;
