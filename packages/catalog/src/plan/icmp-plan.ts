/** ICMP's part of a plan. */
import { z } from 'zod';

export const icmpCheckPlan = z.object({
  check: z.literal('icmp'),
  everyMs: z.number(),
  packets: z.number(),
  spacingMs: z.number(),
  timeoutMs: z.number(),
});
