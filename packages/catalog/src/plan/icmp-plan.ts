/** ICMP's part of a plan. */
import { z } from 'zod';
import { icmpOptions } from '../model/icmp.ts';

export const icmpCheckPlan = z.object({
  check: z.literal('icmp'),
  everyMs: z.number(),
  packets: z.number(),
  spacingMs: z.number(),
  timeoutMs: z.number(),
  ...icmpOptions,
});
