/**
 * What of a wanted change only takes back what the log changed before: files that are older than what is in force do that, and so
 * does somebody who works from a copy of last week. Told by `kaiku plan` and `kaiku apply` before it happens. Pure.
 */
import { isSealed } from '@kaiku/core';
import { canonical } from './canonical.ts';
import type { ActionOf, LogEntry } from './entry.ts';
import type { Operation } from './operations.ts';

export interface TakenBack {
  readonly entry: LogEntry;
  readonly reason: string;
  /** Ids, or names of parts, that would be again as they were before the entry. */
  readonly what: readonly string[];
}

/** @param entries of the log, in order: all, or its newest. Of what they do not tell nothing is said. */
export function takenBack(operations: readonly Operation[], entries: readonly LogEntry[], nowMs: number): TakenBack[] {
  const cancelled = new Set(entries.flatMap(({ action }) => (action.kind === 'cancelled' ? [action.entry] : [])));
  const wanted = new Set(operations.map(keyOf));
  /** What each entry made of what is wanted, the newest first. */
  const past = new Map<string, { readonly entry: LogEntry; readonly made: string }[]>();
  const applied = entries.flatMap((entry) =>
    entry.action.kind === 'applied' && !cancelled.has(entry.seq) && takenMs(entry, entry.action) <= nowMs
      ? [{ entry, action: entry.action }]
      : [],
  );
  applied.sort((a, b) => takenMs(b.entry, b.action) - takenMs(a.entry, a.action) || b.entry.seq - a.entry.seq);
  for (const { entry, action } of applied) {
    for (const operation of action.operations) {
      const key = keyOf(operation);
      if (!wanted.has(key)) continue;
      const list = past.get(key) ?? [];
      past.set(key, list);
      if (list.length < 2) list.push({ entry, made: textOf(operation) });
    }
  }
  const whole = entries[0]?.seq === 1;
  const found = new Map<LogEntry, string[]>();
  for (const operation of operations) {
    const [last, before] = past.get(keyOf(operation)) ?? [];
    const was = before?.made ?? (whole ? ABSENT : undefined);
    if (last === undefined || was !== textOf(operation)) continue;
    found.set(last.entry, [...(found.get(last.entry) ?? []), operation.id ?? operation.part]);
  }
  return [...found]
    .map(([entry, what]) => ({ entry, what, reason: entry.action.kind === 'applied' ? entry.action.reason : '' }))
    .sort((a, b) => a.entry.seq - b.entry.seq);
}

const ABSENT = '';

const keyOf = ({ part, id }: Operation): string => (id === undefined ? part : `${part}/${id}`);

const takenMs = ({ atMs }: LogEntry, { effectiveAtMs }: ActionOf<'applied'>): number =>
  Math.max(effectiveAtMs ?? atMs, atMs);

/** Another machine seals the same secret to another text: all are one here. */
const textOf = (operation: Operation): string =>
  operation.op === 'remove' ? ABSENT : canonical(withoutSealed(operation.value));

function withoutSealed(value: unknown): unknown {
  if (typeof value === 'string') return isSealed(value) ? 'sealed' : value;
  if (Array.isArray(value)) return value.map((each: unknown) => withoutSealed(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSealed(inner)]));
}
