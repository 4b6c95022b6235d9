/** The changes of a catalog with all that was said and done about them, as the log tells it. Pure. */
import type { Action, ActionOf, LogEntry, Person } from './entry.ts';
import type { Operation } from './operations.ts';
import { CHANGE_TABLE, type ChangeEvent, type ChangeState } from './phases.ts';

export interface ChangeStep {
  readonly atMs: number;
  readonly by: string;
  readonly account?: string | undefined;
  readonly what: ChangeEvent | 'open' | 'propose' | 'comment' | 'cancel';
  /** The state afterwards. */
  readonly state: ChangeState;
  readonly note: string;
}

export interface Proposal {
  readonly operations: readonly Operation[];
  readonly files: readonly string[];
  /** Digests of the entries it touches, as they were then; absent ones were not there. */
  readonly was: Readonly<Record<string, string>>;
}

export interface ChangeRecord {
  /** Number of the entry that opened it. */
  readonly id: number;
  readonly title: string;
  readonly need: string;
  readonly author: string;
  readonly state: ChangeState;
  readonly proposal: Proposal | undefined;
  /** Whoever opened it or proposed its content. */
  readonly authors: readonly Person[];
  readonly approvals: readonly { readonly by: string; readonly atMs: number; readonly note: string }[];
  /** Number of the entry that put it in force. */
  readonly applied: number | undefined;
  readonly steps: readonly ChangeStep[];
}

/** In the order they were opened. What the table does not allow is left aside: whoever wrote it was wrong. */
export function changesOf(entries: readonly LogEntry[]): readonly ChangeRecord[] {
  const changes = new Map<number, ChangeRecord>();
  for (const entry of entries) {
    const { action } = entry;
    if (action.kind === 'unknown') continue;
    const id = changeOf(entry, action, changes);
    const before = id === undefined ? undefined : changes.get(id);
    if (action.kind === 'opened') changes.set(entry.seq, opened(entry, action));
    else if (before !== undefined) changes.set(before.id, after(before, entry, action) ?? before);
  }
  return [...changes.values()];
}

function changeOf(entry: LogEntry, action: Action, changes: ReadonlyMap<number, ChangeRecord>): number | undefined {
  if (action.kind === 'opened') return entry.seq;
  if (action.kind !== 'cancelled') return action.change;
  return [...changes.values()].find(({ applied }) => applied === action.entry)?.id;
}

function opened({ seq, atMs, author, account }: LogEntry, { title, need }: ActionOf<'opened'>): ChangeRecord {
  return {
    id: seq,
    title,
    need,
    author,
    state: 'need',
    proposal: undefined,
    authors: [{ name: author, account }],
    approvals: [],
    applied: undefined,
    steps: [{ atMs, by: author, account, what: 'open', state: 'need', note: need }],
  };
}

function after(change: ChangeRecord, entry: LogEntry, action: Action): ChangeRecord | undefined {
  const { atMs, author: by, account } = entry;
  const step = (what: ChangeStep['what'], state: ChangeState, note: string): Pick<ChangeRecord, 'state' | 'steps'> => ({
    state,
    steps: [...change.steps, { atMs, by, account, what, state, note }],
  });
  switch (action.kind) {
    case 'commented':
      return { ...change, ...step('comment', change.state, action.note) };
    case 'proposed': {
      const { operations, files, was } = action;
      const person = { name: by, account };
      const known = change.authors.some((each) => each.name === by && each.account === account);
      const authors = known ? change.authors : [...change.authors, person];
      const state = change.approvals.length > 0 && isOpen(change.state) ? 'approval' : change.state;
      const proposal = { operations, files, was };
      return { ...change, ...step('propose', state, files.join(', ')), proposal, authors, approvals: [] };
    }
    case 'moved': {
      const state = CHANGE_TABLE[change.state][action.event];
      if (state === null) return undefined;
      const approvals =
        action.event === 'approve' ? [...change.approvals, { by, atMs, note: action.note }] : change.approvals;
      return { ...change, ...step(action.event, state, action.note), approvals };
    }
    case 'applied': {
      const state = CHANGE_TABLE[change.state].apply;
      return state === null ? undefined : { ...change, ...step('apply', state, action.reason), applied: entry.seq };
    }
    case 'cancelled':
      return { ...change, ...step('cancel', 'implementation', action.reason), applied: undefined };
    case 'opened':
      return undefined;
    default:
      return action satisfies never;
  }
}

/** Its content may still be proposed. */
export const isOpen = (state: ChangeState): boolean => CHANGE_TABLE[state].withdraw !== null;
