/** Thresholds with hysteresis. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { SEVERITIES } from '@kaiku/protocol';
import { pattern } from './pattern.ts';

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
    /**
     * Raised only for an instance that was seen well before, within the six hours an analyzer goes through when it
     * begins: a port nobody uses, or a tunnel nobody has dialled, was never up and is not missed.
     */
    afterGood: z.boolean().optional(),
    /** No value for this long raises the alarm as "no data"; 0 never. */
    noDataMs: z.number().int().min(0).default(0),
    /** Text with {nick}, {instance}, {value}, {unit}, and {reason}: why a check failed. */
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
