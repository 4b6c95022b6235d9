/**
 * What to do about the leases now: a pure function of what was seen and of this process' own monotonic clock.
 *
 * ```
 *            acquire (swap at the revision seen)
 *   free ───────────────────────────────────────▶ held by us ──renew each leaseMs/3──┐
 *    ▲  ▲                                           │  ▲─────────────────────────────┘
 *    │  └── silent or absent for leaseMs ── held by another     validUntil passes: keep quiet;
 *    └───── released (stop, or a better owner lives) ◀┘        renewed: go on; another's: dropped
 * ```
 *
 * Invariants (proved by simulation in world.test.ts)
 * - A lease is taken only by compare-and-swap at a revision seen unchanged for `leaseMs`, or said to be released by
 *   somebody who knew this very bucket. A key that is absent is a lost one: its holder may still act, so it is waited for
 *   like anybody. So is a lease in our own name that we do not know to hold.
 * - A holder acts only before `validUntilMs`, counted from *before* its last renewal was sent and shorter than
 *   `leaseMs`; nobody can have taken the lease before that. No two machines' clocks are ever compared.
 * - Tokens of a partition rise with each acquisition.
 */
import { rankMembers } from './rendezvous.ts';

/** A lease as last seen in the bucket. */
export interface SeenLease {
  /** Member id; empty: released, by somebody who knew this bucket. */
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
  /** Since this bucket was opened. */
  readonly seen: ReadonlyMap<number, SeenLease>;
  readonly held: ReadonlyMap<number, HeldLease>;
  readonly leaving: boolean;
}

export type LeaseAction =
  | { readonly act: 'acquire'; readonly partition: number; readonly revision: number; readonly lastToken: number }
  | { readonly act: 'renew' | 'release'; readonly partition: number; readonly revision: number; readonly token: number }
  /** It is not ours any more. */
  | { readonly act: 'drop'; readonly partition: number };

/** Part of the lease a holder may use. The rest covers clocks of different speed and a message on its way. */
const USABLE = 0.8;
/** A stand-in keeps a partition at least this many lease times, so that a sick owner does not make it flap. */
const SETTLE_LEASES = 3;

/** For how long after its last renewal a holder may act, by its own clock. */
export const usableMs = (leaseMs: number): number => leaseMs * USABLE;

/** Until when a holder may act, by its own monotonic clock. */
export function validUntilMs(held: Pick<HeldLease, 'renewedAtMs'>, leaseMs: number): number {
  return held.renewedAtMs + usableMs(leaseMs);
}

export function decideLeases(input: LeaseInput): readonly LeaseAction[] {
  const actions: LeaseAction[] = [];
  for (let partition = 0; partition < input.partitions; partition += 1) {
    const held = input.held.get(partition);
    const seen = input.seen.get(partition);
    // Not looked at yet: absence must have been seen too.
    if (seen === undefined) continue;
    const action = held === undefined ? claim(input, partition, seen) : keep(input, held, seen);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

function keep(input: LeaseInput, held: HeldLease, seen: SeenLease): LeaseAction | undefined {
  const { partition, token } = held;
  const { revision } = seen;
  // The bucket was lost. While ours is valid nobody else can act, and nobody can have waited long enough to begin.
  if (revision === 0) {
    const carriedOn = !input.leaving && input.nowMs < validUntilMs(held, input.leaseMs);
    return carriedOn ? { act: 'renew', partition, revision, token } : { act: 'drop', partition };
  }
  if (seen.holder !== input.self || seen.token !== token) return { act: 'drop', partition };
  if (input.leaving) return { act: 'release', partition, revision, token };
  const [owner] = rankMembers(partition, input.members);
  const settled = input.nowMs - held.acquiredAtMs >= input.leaseMs * SETTLE_LEASES;
  if (owner !== undefined && owner !== input.self && settled) return { act: 'release', partition, revision, token };
  if (input.nowMs - held.renewedAtMs >= input.leaseMs / 3) return { act: 'renew', partition, revision, token };
  return undefined;
}

function claim(input: LeaseInput, partition: number, seen: SeenLease): LeaseAction | undefined {
  if (input.leaving) return undefined;
  const quietMs = input.nowMs - seen.seenAtMs;
  const free = seen.revision > 0 && seen.holder === '';
  if (!free && quietMs < input.leaseMs) return undefined;
  // The silent holder is no candidate for its own lease, even if its heartbeat was seen a moment later.
  const order = rankMembers(
    partition,
    input.members.filter((member) => member === input.self || free || member !== seen.holder),
  );
  const rank = order.indexOf(input.self);
  if (rank < 0) return undefined;
  // The owner at once; each further stand-in one lease time later, should those before it be unable.
  const waitMs = (free ? 0 : input.leaseMs) + rank * input.leaseMs;
  if (quietMs < waitMs) return undefined;
  return { act: 'acquire', partition, revision: seen.revision, lastToken: seen.token };
}
