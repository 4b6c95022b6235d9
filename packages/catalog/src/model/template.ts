/** What a kind of device offers, how it is watched and drawn. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { alarmRuleSchema } from './alarm-rule.ts';
import { DEVICE_KINDS } from './device-kind.ts';
import { label } from './label.ts';
import { matchSchema } from './match.ts';
import { measurementSchema } from './measurement.ts';

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
  /** Other templates whose measurements, alarms and graphs come first, in this order; same ids are replaced. */
  extends: z.union([nameSchema, z.array(nameSchema).min(1)]).optional(),
  /** Only there to be extended: no device may have it. */
  part: z.boolean().default(false),
  /** The devices it is for, or several ways to know them; without it discovery never chooses it. Not inherited. */
  match: z.union([matchSchema, z.array(matchSchema).min(1)]).optional(),
  measurements: z.array(measurementSchema).default([]),
  alarms: z.array(alarmRuleSchema).default([]),
  graphs: z.array(graphSchema).default([]),
  /** Metrics whose answer proves the device is there: it is up while any of them answers. */
  availability: z.array(z.string()).default([]),
  /**
   * Where such a metric is one of application checks: ids of the checks that decide. All of them must succeed; the
   * others have alarms of their own and decide nothing. Without it all of the device's checks decide.
   */
  decidedBy: z.array(nameSchema).min(1).optional(),
});
export type Template = z.output<typeof templateSchema>;
