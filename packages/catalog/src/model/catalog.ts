/**
 * The catalog file, version 1: who and what is measured, how, for whom. Strict: an unknown key is
 * an error with its line. References between parts are checked by `checkReferences`.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { SEVERITIES } from '@kaiku/protocol';

const label = z.string().min(1).max(120);

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

/** Kinds decide icon and grouping in the portal. */
export const DEVICE_KINDS = [
  'router',
  'core-switch',
  'switch',
  'server',
  'workstation',
  'printer',
  'ups',
  'host',
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** One measurement point (G1). */
export const deviceSchema = z.strictObject({
  id: nameSchema,
  nick: label,
  address: z.union([z.ipv4(), z.ipv6(), z.hostname()]),
  template: nameSchema,
  site: nameSchema,
  agency: nameSchema,
  /** Agents that measure it; more than one gives redundancy. */
  agents: z.array(nameSchema).min(1),
  snmp: z
    .strictObject({
      version: z.literal('2c').default('2c'),
      port: z.number().int().min(1).max(65535).default(161),
      community: z.string().min(1).max(128),
    })
    .optional(),
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

/** What to ask a device for. Metric names are those of the metric dictionary. */
export const measurementSchema = z.discriminatedUnion('check', [
  /** ICMP burst: metrics rtt (median), rttMin, rttMax, ipdv, loss. */
  z.strictObject({
    check: z.literal('icmp'),
    everyMs: z.number().int().min(1000),
    packets: z.number().int().min(1).max(100).default(5),
    spacingMs: z.number().int().min(5).max(5000).default(100),
    timeoutMs: z.number().int().min(100).max(10000).default(1000),
  }),
  /** Single objects of one GET (several PDUs when many). */
  z.strictObject({
    check: z.literal('snmp-get'),
    everyMs: z.number().int().min(1000),
    metrics: z.array(z.string()).default([]),
    facts: z.array(z.string()).default([]),
  }),
  /** Columns of one table, walked together with GETBULK. */
  z.strictObject({
    check: z.literal('snmp-table'),
    everyMs: z.number().int().min(1000),
    /** Key of SNMP_TABLES: ifXTable, hrStorage, hrProcessor. */
    table: z.string(),
    metrics: z.array(z.string()).default([]),
    facts: z.array(z.string()).default([]),
  }),
]);
export type Measurement = z.output<typeof measurementSchema>;

/** A regular expression in JavaScript's syntax, checked when the file is read. */
const pattern = z
  .string()
  .max(200)
  .refine((text) => {
    try {
      return new RegExp(text, 'u') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'must be a regular expression');

/**
 * A threshold with hysteresis on one metric, for each instance (D1).
 *
 * `above` and `below` compare values: raised after `count` consecutive values beyond `raise`, cleared
 * after `count` consecutive values on the good side of `clear`; failed probes (status != 0) are no
 * values and change nothing. `failed` looks at the probes themselves and ignores `raise` and `clear`:
 * raised after `count` consecutive failed probes, cleared after `count` consecutive good ones.
 */
export const alarmRuleSchema = z
  .strictObject({
    id: nameSchema,
    /**
     * A metric of the dictionary. Counters are compared as their rate per second. Those of
     * COMPUTED_METRICS (ifInUtilization, storageUsedPercent, ...) are computed for each sample.
     */
    metric: z.string(),
    /** Only instances whose name matches; without it all of them. See `ruleApplies`. */
    instances: pattern.optional(),
    severity: z.enum(SEVERITIES),
    when: z.enum(['above', 'below', 'failed']),
    /** Raised beyond this … Required unless `when` is `failed`, where it is 0 and means nothing. */
    raise: z.number().optional(),
    /** … and cleared on the other side of this (defaults to `raise`). */
    clear: z.number().optional(),
    /** Consecutive values needed to raise, and to clear. */
    count: z.number().int().min(1).max(100).default(1),
    /** No value for this long raises the alarm as "no data"; 0 never. */
    noDataMs: z.number().int().min(0).default(0),
    /** Text with {nick}, {instance}, {value}, {unit}. */
    message: z.string().min(1).max(300),
  })
  .refine((rule) => rule.when === 'failed' || rule.raise !== undefined, {
    path: ['raise'],
    message: 'is needed where "when" is above or below',
  })
  .refine(
    (rule) =>
      rule.clear === undefined ||
      rule.raise === undefined ||
      (rule.when === 'above' ? rule.clear <= rule.raise : rule.clear >= rule.raise),
    { path: ['clear'], message: 'must lie on the good side of "raise"' },
  )
  .transform((rule) => ({ ...rule, raise: rule.raise ?? 0 }));
export type AlarmRule = z.output<typeof alarmRuleSchema>;

/** A graph of a device page (E1). */
export const graphSchema = z.strictObject({
  id: nameSchema,
  title: label,
  /** One graph for each instance of the first metric, or one for the device. */
  per: z.enum(['device', 'instance']).default('device'),
  style: z.enum(['line', 'area', 'band', 'mirror', 'stack']).default('line'),
  /** Dictionary metrics; counters are drawn as rates. `scale` multiplies (8: octets to bits). */
  lines: z.array(z.strictObject({ metric: z.string(), label, scale: z.number().default(1) })).min(1),
  unit: z.string().max(20),
  min: z.number().optional(),
  max: z.number().optional(),
});
export type Graph = z.output<typeof graphSchema>;

/** What a kind of device offers and how it is watched (G2). Data, readable; `extends` inherits. */
export const templateSchema = z.strictObject({
  id: nameSchema,
  name: label,
  kind: z.enum(DEVICE_KINDS),
  vendor: label.optional(),
  model: label.optional(),
  /** Another template whose measurements, alarms and graphs come first; same ids are replaced. */
  extends: nameSchema.optional(),
  measurements: z.array(measurementSchema).default([]),
  alarms: z.array(alarmRuleSchema).default([]),
  graphs: z.array(graphSchema).default([]),
  /** Metrics whose answer proves the device is there: availability is up while any of them is. */
  availability: z.array(z.string()).default([]),
});
export type Template = z.output<typeof templateSchema>;

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
  devices: z.array(deviceSchema).default([]),
  /** Added to the built-in library; the same id replaces. */
  templates: z.array(templateSchema).default([]),
  users: z.array(userSchema).default([]),
});
export type Catalog = z.output<typeof catalogSchema>;
export type Agency = z.output<typeof agencySchema>;
export type Site = z.output<typeof siteSchema>;
