/**
 * An entry of the catalog's log, version 1 (docs/formats/catalog-log.md): who said or did what to the catalog, when and
 * why. Entries are numbered without a hole and each names the digest of the one before, so that a log that was
 * shortened or rewritten shows.
 *
 * Keys that a later release adds are kept and passed on; kinds that it adds are `unknown` here and change nothing.
 */
import { z } from 'zod';
import { digestOf } from './canonical.ts';
import { operationSchema } from './operations.ts';
import { CHANGE_EVENTS } from './phases.ts';

const text = z.string().max(4000);
const change = z.number().int().min(1);
const operations = z.array(operationSchema);

/** What an entry says. `change` is the number of the entry that opened the change. */
const actionSchema = z.discriminatedUnion('kind', [
  /** The operations are in force from `effectiveAtMs`, else from the entry's own time. */
  z.looseObject({
    kind: z.literal('applied'),
    reason: text,
    operations,
    effectiveAtMs: z.number().optional(),
    change: change.optional(),
    files: z.array(z.string()).default([]),
    /** Revisions that were counted before this log began: its first entry takes over what was in force without one. */
    revisionsBefore: z.number().int().optional(),
    /** `catalogDigest` of what is in force afterwards; of what takes effect later nobody can tell yet. */
    digest: z.string().optional(),
  }),
  /** An applied entry that has not taken effect yet never will. */
  z.looseObject({ kind: z.literal('cancelled'), entry: z.number().int(), reason: text }),
  z.looseObject({ kind: z.literal('opened'), title: z.string().min(1).max(200), need: text.default('') }),
  /** What the change would do; said again it replaces, and takes back an approval. */
  z.looseObject({
    kind: z.literal('proposed'),
    change,
    operations,
    files: z.array(z.string()).default([]),
    /** Digests of the entries it touches as they were then, by `part/id`. */
    was: z.record(z.string(), z.string()).default({}),
  }),
  z.looseObject({ kind: z.literal('moved'), change, event: z.enum(CHANGE_EVENTS), note: text.default('') }),
  z.looseObject({ kind: z.literal('commented'), change, note: text }),
]);
export type Action = z.output<typeof actionSchema>;
export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;

const headSchema = z.looseObject({
  v: z.literal(1),
  /** Number of the entry in its log, from 1. */
  seq: z.number().int().min(1),
  /** Digest of the entry before; empty for the first. */
  prev: z.string(),
  /** Never before that of the entry before. */
  atMs: z.number(),
  author: z.string().min(1).max(200),
  /** `author` is a user of the catalog who proved it by a password, on this account of the machine. */
  account: z.string().min(1).max(200).optional(),
  action: z.unknown(),
});

/** Who acts: an account of the operating system, or a user of the catalog who signed in on one. */
export interface Person {
  readonly name: string;
  readonly account?: string | undefined;
}
export type Author = string | Person;

export const personOf = (author: Author): Person => (typeof author === 'string' ? { name: author } : author);

/** For people. */
export const personText = ({ name, account }: Person): string =>
  account === undefined ? name : `${name} (on ${account})`;

/** Two names of one account may be one person: only those who both signed in are told apart by their names alone. */
export function maybeSamePerson(a: Person, b: Person): boolean {
  if (a.account !== undefined && b.account !== undefined) return a.name === b.name;
  return [a.name, a.account].some((name) => name !== undefined && (name === b.name || name === b.account));
}

export interface LogEntry {
  readonly v: 1;
  readonly seq: number;
  readonly prev: string;
  readonly atMs: number;
  readonly author: string;
  readonly account?: string | undefined;
  readonly action: Action | { readonly kind: 'unknown' };
  /** As it was written, with whatever this release does not know. */
  readonly raw: unknown;
}

/** undefined when it is no entry this release can read. */
export function readEntryData(raw: unknown): LogEntry | undefined {
  const head = headSchema.safeParse(raw);
  if (!head.success) return undefined;
  const { v, seq, prev, atMs, author, account } = head.data;
  const action = actionSchema.safeParse(head.data.action);
  return { v, seq, prev, atMs, author, account, action: action.success ? action.data : { kind: 'unknown' }, raw };
}

/** Where a log ends: what the next entry needs to know of the last one. */
export interface LogPosition {
  readonly seq: number;
  readonly digest: string;
  readonly atMs: number;
}

export const LOG_START: LogPosition = { seq: 0, digest: '', atMs: 0 };

export const positionOf = (entry: LogEntry): LogPosition => ({
  seq: entry.seq,
  digest: digestOf(entry.raw),
  atMs: entry.atMs,
});

/** The entry that follows where a log ends. */
export function entryAfter(
  position: LogPosition,
  { author, atMs, action }: { readonly author: Author; readonly atMs: number; readonly action: Action },
): LogEntry {
  const at = Math.max(atMs, position.atMs);
  const { name, account } = personOf(author);
  const who = { author: name, ...(account === undefined ? {} : { account }) };
  const raw = { v: 1 as const, seq: position.seq + 1, prev: position.digest, atMs: at, ...who, action };
  return { ...raw, raw };
}
