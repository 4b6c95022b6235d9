/** Which changes of the catalog somebody else has to approve (G4). Without this part none. */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { DEVICE_KINDS } from './device-kind.ts';

export const approvalSchema = z.strictObject({
  /** A change needs approval when any of these holds. */
  requiredFor: z
    .strictObject({
      /** It touches more devices than this: 0, any. */
      devicesAbove: z.number().int().min(0).optional(),
      /** It touches a device of such a kind, as it was or as it becomes. */
      kinds: z.array(z.enum(DEVICE_KINDS)).default([]),
      criticality: z.array(z.enum(['low', 'normal', 'high'])).default([]),
      /** It touches these parts of the catalog: users, templates, costs, … This part itself always needs approval. */
      parts: z.array(z.string().min(1).max(40)).default([]),
    })
    .default({ kinds: [], criticality: [], parts: [] }),
  /** Who may approve; without names anybody but the author. */
  approvers: z.array(z.string().min(1).max(120)).default([]),
  /** The author may approve own changes: only where one person is all there is. */
  own: z.boolean().default(false),
  /** Approvers prove who they are by their password as a user of the catalog (`--as USER`). Unsaid: they need not. */
  signIn: z.boolean().optional(),
});
export type ApprovalRule = z.output<typeof approvalSchema>;

/** A person or group that records name as owner; who is to be told of changes. */
export const contactSchema = z.strictObject({
  id: nameSchema,
  name: z.string().min(1).max(120),
  email: z.email().optional(),
  phone: z.string().max(40).optional(),
});
