/**
 * What to do about the leases now: a pure function of what was seen and of this process' own monotonic clock.
 *
 * ```
 *            acquire (swap at the revision seen)
 *   free ───────────────────────────────────────▶ held by us ──renew each leaseMs/3──┐
 *    ▲  ▲                                           │  ▲─────────────────────────────┘
 *    │  └── holder silent for leaseMs ── held by other        validUntil passes: keep quiet;
 *    └───── released (stop, or a better owner lives) ◀┘        renewed: go on; conflict: lost
 * ```
 *
 * Invariants (proved by simulation in decide.test.ts)
 * - A lease is taken only by compare-and-swap at a revision seen unchanged for `leaseMs`, or released.
 * - A holder acts only before `validUntilMs`, counted from *before* its last renewal was sent and shorter than
 *   `leaseMs`; nobody can have taken the lease before that. No two machines' clocks are ever compared.
 * - Tokens of a partition rise with each acquisition.
 */
import { rankMembers } from './rendezvous.ts';

/** A lease as last seen in the bucket. */
export interface SeenLease {
  /** Member id; empty: free. */
  readonly holder: string;
  readonly token: number;
  /** 0: the key does not exist. */
  readonly revision: number;
  /** Monotonic time at which this revision was first seen, ms. */
  readonly seenAtMs: number;
}

/** A lease this process holds. */
export interface HeldLease {
  readonly partition: number;
  readonly token: number;
  readonly revision: number;
  /** Monotonic times, ms. */
  readonly acquiredAtMs: number;
  readonly renewedAtMs: number;
}

export interface LeaseInput {
  /** Own member id. */
  readonly self: string;
  /** Ids of living members, self included unless leaving. */
  readonly members: readonly string[];
  readonly partitions: number;
  readonly leaseMs: number;
  /** Own monotonic clock. */
  readonly nowMs: number;
  readonly seen: ReadonlyMap<number, SeenLease>;
  readonly held: ReadonlyMap<number, HeldLease>;
  readonly leaving: boolean;
}

export type LeaseAction =
  | { readonly act: 'acquire'; readonly partition: number; readonly revision: number; readonly lastToken: number }
  | { readonly act: 'renew'; readonly partition: number; readonly revision: number; readonly token: number }
  | { readonly act: 'release'; readonly partition: number; readonly revision: number; readonly token: number };

/** Part of the lease a holder may use. The rest covers clocks of different speed and a message on its way. */
const USABLE = 0.8;
/** A stand-in keeps a partition at least this many lease times, so that a sick owner does not make it flap. */
const SETTLE_LEASES = 3;

/** Until when a holder may act, by its own monotonic clock. */
export function validUntilMs(held: HeldLease, leaseMs: number): number {
  return held.renewedAtMs + leaseMs * USABLE;
}

/**
 * The fencing token of a new acquisition: above the last one, and not below the seconds since 1970, so that tokens
 * go on rising when the bucket itself was lost.
 */
export function nextToken(lastToken: number, wallMs: number): number {
  return Math.max(lastToken + 1, Math.floor(wallMs / 1000));
}

export function decideLeases(input: LeaseInput): readonly LeaseAction[] {
  const actions: LeaseAction[] = [];
  for (let partition = 0; partition < input.partitions; partition += 1) {
    const held = input.held.get(partition);
    const action = held === undefined ? claim(input, partition) : keep(input, held);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

function keep(input: LeaseInput, held: HeldLease): LeaseAction | undefined {
  const { partition, revision, token } = held;
  if (input.leaving) return { act: 'release', partition, revision, token };
  const [owner] = rankMembers(partition, input.members);
  const settled = input.nowMs - held.acquiredAtMs >= input.leaseMs * SETTLE_LEASES;
  if (owner !== undefined && owner !== input.self && settled) return { act: 'release', partition, revision, token };
  if (input.nowMs - held.renewedAtMs >= input.leaseMs / 3) return { act: 'renew', partition, revision, token };
  return undefined;
}

function claim(input: LeaseInput, partition: number): LeaseAction | undefined {
  if (input.leaving) return undefined;
  const seen = input.seen.get(partition);
  // Not looked at yet: absence must have been seen too.
  if (seen === undefined || seen.revision < 0) return undefined;
  // Our own acquisition whose answer was lost.
  if (seen.holder === input.self) {
    return { act: 'acquire', partition, revision: seen.revision, lastToken: seen.token };
  }
  const quietMs = input.nowMs - seen.seenAtMs;
  const free = seen.holder === '';
  if (!free && quietMs < input.leaseMs) return undefined;
  // The silent holder is no candidate for its own lease, even if its heartbeat was seen a moment later.
  const order = rankMembers(
    partition,
    input.members.filter((member) => free || member !== seen.holder),
  );
  const rank = order.indexOf(input.self);
  if (rank < 0) return undefined;
  // The owner at once; each further stand-in one lease time later, should those before it be unable.
  const waitMs = (free ? 0 : input.leaseMs) + rank * input.leaseMs;
  if (quietMs < waitMs) return undefined;
  return { act: 'acquire', partition, revision: seen.revision, lastToken: seen.token };
}
