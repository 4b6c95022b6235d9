/**
 * The catalog file, version 1: who and what is measured, how, for whom. Strict: an unknown key is
 * an error with its line. References between parts are checked by `checkReferences`.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { agentRecordSchema } from './agent-record.ts';
import { applicationSchema } from './application.ts';
import { approvalSchema, contactSchema } from './approval.ts';
import { calendarSchema } from './calendar.ts';
import { costSchema, inventorySchema } from './cost.ts';
import { deviceSchema } from './device.ts';
import { linkSchema } from './discovery.ts';
import { label } from './label.ts';
import { factSchema, ownMetricSchema, tableSchema } from './metrics.ts';
import { pathSchema } from './path.ts';
import { templateSchema } from './template.ts';

export const agencySchema = z.strictObject({ id: nameSchema, name: label });

/** A place: F4's and E3's hierarchy country, locality, site. */
export const siteSchema = z.strictObject({
  id: nameSchema,
  name: label,
  country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two capitals, e.g. FI'),
  locality: label,
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

export const ROLES = ['viewer', 'team', 'admin'] as const;

export const userSchema = z.strictObject({
  name: nameSchema,
  fullName: label,
  role: z.enum(ROLES),
  /** Agencies the user sees; empty: all. */
  agencies: z.array(nameSchema).default([]),
  /** Argon2id hash in PHC form; `kaiku user hash` writes one. */
  passwordHash: z.string().startsWith('$argon2id$'),
});
export type User = z.output<typeof userSchema>;

export const catalogSchema = z.strictObject({
  version: z.literal(1),
  agencies: z.array(agencySchema).min(1),
  sites: z.array(siteSchema).min(1),
  /** Agents that devices may be given, by the sites they reach. */
  agents: z.array(agentRecordSchema).default([]),
  devices: z.array(deviceSchema).default([]),
  /** Added to the built-in dictionary: any object a device has can be polled. */
  metrics: z.array(ownMetricSchema).default([]),
  facts: z.array(factSchema).default([]),
  tables: z.array(tableSchema).default([]),
  /** Added to the built-in library; the same id replaces. */
  templates: z.array(templateSchema).default([]),
  links: z.array(linkSchema).default([]),
  paths: z.array(pathSchema).default([]),
  users: z.array(userSchema).default([]),
  applications: z.array(applicationSchema).default([]),
  calendars: z.array(calendarSchema).default([]),
  contacts: z.array(contactSchema).default([]),
  costs: costSchema.optional(),
  inventory: z.array(inventorySchema).default([]),
  approval: approvalSchema.optional(),
});
export type Catalog = z.output<typeof catalogSchema>;
export type Agency = z.output<typeof agencySchema>;
export type Site = z.output<typeof siteSchema>;
