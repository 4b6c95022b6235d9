/**
 * The way of a change (G4): eight phases, each reached by an event of the one before. Pure; written into the log by
 * the command line, checked again whenever the log is read.
 *
 * ```
 * need ─▶ assessment ─▶ plan ─▶ approval ─▶ order ─▶ implementation ─▶ announcement ─▶ review ─▶ closed
 *   │                     │         │ reject                 ▲    apply ▲
 *   └──────── skip ───────┴─ skip ──┼─────────────────────────┘          (any before: withdraw)
 *                                   ▼
 *                                rejected
 * ```
 *
 * A small change skips from need or plan to implementation; whether it may is `approvalNeeded`'s to say.
 */
export const PHASES = [
  'need',
  'assessment',
  'plan',
  'approval',
  'order',
  'implementation',
  'announcement',
  'review',
] as const;
export type Phase = (typeof PHASES)[number];

export const CHANGE_STATES = [...PHASES, 'closed', 'rejected', 'withdrawn'] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

export const CHANGE_EVENTS = ['advance', 'skip', 'approve', 'reject', 'apply', 'withdraw'] as const;
export type ChangeEvent = (typeof CHANGE_EVENTS)[number];

const ENDED = { advance: null, skip: null, approve: null, reject: null, apply: null, withdraw: null } as const;

/** Where each event leads; null: it cannot happen there. */
export const CHANGE_TABLE: Readonly<Record<ChangeState, Readonly<Record<ChangeEvent, ChangeState | null>>>> = {
  need: { ...ENDED, advance: 'assessment', skip: 'implementation', withdraw: 'withdrawn' },
  assessment: { ...ENDED, advance: 'plan', reject: 'rejected', withdraw: 'withdrawn' },
  plan: { ...ENDED, advance: 'approval', skip: 'implementation', reject: 'rejected', withdraw: 'withdrawn' },
  approval: { ...ENDED, approve: 'order', reject: 'rejected', withdraw: 'withdrawn' },
  order: { ...ENDED, advance: 'implementation', withdraw: 'withdrawn' },
  implementation: { ...ENDED, apply: 'announcement', withdraw: 'withdrawn' },
  announcement: { ...ENDED, advance: 'review' },
  review: { ...ENDED, advance: 'closed' },
  closed: ENDED,
  rejected: ENDED,
  withdrawn: ENDED,
};

/** What may happen to a change in this state. */
export function eventsOf(state: ChangeState): readonly ChangeEvent[] {
  return CHANGE_EVENTS.filter((event) => CHANGE_TABLE[state][event] !== null);
}
