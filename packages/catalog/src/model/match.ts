/** By what discovery knows the devices a template is for; see `chooseTemplate`. */
import { z } from 'zod';
import { oidText } from './oid.ts';
import { pattern } from './pattern.ts';

/** A template fits when each thing said here holds. */
export const matchSchema = z
  .strictObject({
    /** Prefixes of sysObjectID, whole numbers between dots; one of them has to hold. */
    sysObjectId: z.array(oidText).min(1).optional(),
    /** Pattern somewhere in sysDescr, capitals or not. */
    sysDescr: pattern.optional(),
    /** Objects (with their index, `….0`) of which the device has to answer at least one: its probes. */
    answers: z.array(oidText).min(1).optional(),
    /** Among several templates that fit, the highest; then the longest prefix of sysObjectID decides. */
    priority: z.number().int().min(-100).max(100).default(0),
  })
  .refine(({ sysObjectId, sysDescr, answers }) => (sysObjectId ?? sysDescr ?? answers) !== undefined, {
    message: 'needs sysObjectId, sysDescr or answers',
  });
export type Match = z.output<typeof matchSchema>;
