/**
 * What stands in the lease bucket: `lease.<partition>` and `member.<name>`, small JSON, and `life`, a random id. Keys are
 * never deleted: a released lease and a leaving member are written as such, so that the previous token stays known.
 * `life` is written once by whoever misses it: another id is another bucket, be it a wiped one or another site's.
 */
import { z } from 'zod';

const whole = z.number().int().min(0);

const leaseSchema = z.object({
  v: z.literal(1),
  /** Member id of the holder; empty: released. */
  holder: z.string().max(200),
  /** Fencing token of the present or, when released, of the last holder. */
  token: whole,
  /** Wall clock of the writer: a later holder looks for late data since then. Never compared for expiry. */
  atMs: whole,
  /** The bucket (`life`) its writer believed to write to; absent before version 0.2. */
  life: z.string().max(100).optional(),
});
export type LeaseRecord = z.infer<typeof leaseSchema>;

const memberSchema = z.object({
  v: z.literal(1),
  /** Differs for each start of a process, so that a restarted analyzer is not taken for its former self. */
  incarnation: z.string().max(100),
  /** False: it is leaving and wants nothing. */
  present: z.boolean(),
  /** The highest token it knows of, for those who begin on an empty bucket; absent before version 0.2. */
  top: whole.optional(),
});
export type MemberRecord = z.infer<typeof memberSchema>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const LIFE_KEY = 'life';
export const leaseKey = (partition: number): string => `lease.${partition}`;
export const memberKey = (name: string): string => `member.${name}`;
/** Identity of one run of an analyzer. */
export const memberId = (name: string, incarnation: string): string => `${name}/${incarnation}`;

/** Partition of a lease key, undefined for other keys. */
export function partitionOfKey(key: string): number | undefined {
  const match = /^lease\.(\d{1,3})$/.exec(key);
  return match === null ? undefined : Number(match[1]);
}

/** Name of a member key, undefined for other keys. */
export function nameOfKey(key: string): string | undefined {
  return key.startsWith('member.') ? key.slice('member.'.length) : undefined;
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(decoder.decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export const encodeLife = (life: string): Uint8Array => encoder.encode(life);
export const decodeLife = (bytes: Uint8Array): string => decoder.decode(bytes);
export const encodeRecord = (record: LeaseRecord | MemberRecord): Uint8Array => encoder.encode(JSON.stringify(record));
/** Undefined for what is no lease: it then counts as free, and taking it repairs it. */
export const decodeLease = (bytes: Uint8Array): LeaseRecord | undefined => parse(leaseSchema, bytes);
export const decodeMember = (bytes: Uint8Array): MemberRecord | undefined => parse(memberSchema, bytes);
