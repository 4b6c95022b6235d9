/**
 * What is in force, as the log tells it: each applied entry takes effect at its time, in the order of those times.
 * Nobody has to do anything for a change of tomorrow to be in force tomorrow: whoever knows the state and what is
 * scheduled computes the same at the same time, cut off or not. Pure: `now` is passed in.
 *
 * `revision` counts the changes in force. It rises by one with each, so it names one state of one log.
 */
import { z } from 'zod';
import type { ActionOf, LogEntry } from './entry.ts';
import { applyOperations, operationSchema, type CatalogData } from './operations.ts';

/** A change that is not in force yet. */
export const scheduledSchema = z.object({
  /** Number of its entry in the log. */
  seq: z.number().int(),
  effectiveAtMs: z.number(),
  author: z.string(),
  reason: z.string(),
  change: z.number().optional(),
  operations: z.array(operationSchema),
});
export type Scheduled = z.output<typeof scheduledSchema>;

/** The state after a log's entries, at some time. */
export interface CatalogState {
  readonly revision: number;
  /** Number of the entry that took effect last. */
  readonly seq: number;
  /** Who made the last change that is in force, why, and since when. */
  readonly author: string;
  readonly reason: string;
  readonly atMs: number;
  /** As it was written; not read by this release's schema. */
  readonly data: CatalogData;
  /** The next one first. */
  readonly scheduled: readonly Scheduled[];
}

export const NOTHING: CatalogState = { revision: 0, seq: 0, author: '', reason: '', atMs: 0, data: {}, scheduled: [] };

/** What is in force at `nowMs`: all that is due has taken effect. */
export function inForceAt(state: CatalogState, nowMs: number): CatalogState {
  return effectsUntil(state, nowMs).at(-1) ?? state;
}

/** The states that what is due leads to, one after the other. */
function effectsUntil(state: CatalogState, nowMs: number): readonly CatalogState[] {
  const states: CatalogState[] = [];
  for (const each of state.scheduled) {
    if (each.effectiveAtMs > nowMs) break;
    states.push(takeEffect(states.at(-1) ?? state, each));
  }
  return states;
}

function takeEffect(state: CatalogState, { seq, effectiveAtMs, author, reason, operations }: Scheduled): CatalogState {
  return {
    revision: state.revision + 1,
    seq,
    author,
    reason,
    atMs: effectiveAtMs,
    data: applyOperations(state.data, operations),
    scheduled: state.scheduled.filter((each) => each.seq !== seq),
  };
}

/** The state after one more entry, at that entry's time. */
export function afterEntry(before: CatalogState, entry: LogEntry): CatalogState {
  const state = inForceAt(before, entry.atMs);
  const { action } = entry;
  if (action.kind === 'cancelled') {
    return { ...state, scheduled: state.scheduled.filter(({ seq }) => seq !== action.entry) };
  }
  if (action.kind !== 'applied') return state;
  const revision = action.revisionsBefore ?? state.revision;
  const scheduled = [...state.scheduled, scheduledOf(entry, action)].sort(
    (a, b) => a.effectiveAtMs - b.effectiveAtMs || a.seq - b.seq,
  );
  return inForceAt({ ...state, revision, scheduled }, entry.atMs);
}

function scheduledOf({ seq, atMs, author }: LogEntry, action: ActionOf<'applied'>): Scheduled {
  const { reason, operations, change } = action;
  const effectiveAtMs = Math.max(action.effectiveAtMs ?? atMs, atMs);
  return { seq, effectiveAtMs, author, reason, operations, ...(change === undefined ? {} : { change }) };
}

/** What was in force at `atMs` by a log from its first entry on. Of later entries nothing was known then. */
export function replay(entries: readonly LogEntry[], atMs: number): CatalogState {
  return inForceAt(entries.filter((entry) => entry.atMs <= atMs).reduce(afterEntry, NOTHING), atMs);
}

/** Every state there was until `nowMs`, in the order of their revisions; each made when it is asked for. */
export function* statesOf(entries: readonly LogEntry[], nowMs: number): Generator<CatalogState, void> {
  let state = NOTHING;
  for (const entry of entries) {
    const due = effectsUntil(state, entry.atMs);
    yield* due;
    const next = afterEntry(state, entry);
    if (next.revision > (due.at(-1) ?? state).revision) yield next;
    state = next;
  }
  yield* effectsUntil(state, nowMs);
}

/** Which revision each entry that took effect made, by the entry's number. */
export function revisionsOf(entries: readonly LogEntry[], nowMs: number): ReadonlyMap<number, number> {
  const bare = entries.map((entry): LogEntry => {
    const { action } = entry;
    return action.kind === 'applied' ? Object.assign({}, entry, { action: { ...action, operations: [] } }) : entry;
  });
  return new Map([...statesOf(bare, nowMs)].map(({ seq, revision }) => [seq, revision]));
}
