/**
 * Several stores as readers see them: the best one is asked first, another one when it fails or is silent.
 *
 * ```
 *  read ─► limiter ─► order ─► store 1 ──silent for longer than usual──► store 2 ─► …   the first answer wins
 *                                 └─ error that passes ──► next at once
 * ```
 * Order: stores that answer before those that do not; then those whose ledger holds most of the range asked for;
 * then as configured. Health is pinged every second and a failed read counts as well. A store that fails or is
 * outrun three times in a row is put behind the others for a while (0.5 s, doubling to 30 s), even when it pings.
 */
import { repeat, type Log } from '@kaiku/core';
import type { Store, StorePool } from '../api.ts';
import { StoreError } from '../errors.ts';
import { Coverage, type TimeRange } from './coverage.ts';
import { firstAnswer, Patience } from './hedge.ts';
import { limiter } from './limiter.ts';

const PING_EVERY_MS = 1000;
/** How often, in pings, completeness is asked for. */
const COUNT_EVERY = 5;
/** A store counts as complete when it lacks at most this share, and this many, of the best one's batches. */
const LACK_SHARE = 0.01;
const LACK_BATCHES = 20;
/** Reads at once, as many as a client has connections, and those that wait. */
const AT_ONCE = 16;
const WAITING = 1000;
/** Failures in a row that open the breaker, and how long it stays open. */
const BREAK_AFTER = 3;
const BREAK_MS = 500;
const BREAK_MOST_MS = 30_000;

interface Member {
  readonly store: Store;
  readonly coverage: Coverage;
  healthy: boolean;
  checkedMs: number;
  failures: number;
  /** Asked last until then. */
  brokenUntilMs: number;
  /** Its completeness is being asked for. */
  counting: boolean;
}

/** Pure but for the clock. */
function order(members: readonly Member[], range: TimeRange): readonly Member[] {
  const nowMs = Date.now();
  const batches = new Map(members.map((member) => [member, member.coverage.batches(range, nowMs)]));
  const usable = (member: Member): boolean => member.healthy && member.brokenUntilMs <= nowMs;
  const best = Math.max(0, ...members.filter(usable).map((member) => batches.get(member) ?? 0));
  const rank = (member: Member): number => {
    if (!usable(member)) return member.healthy ? 2 : 3;
    return best - (batches.get(member) ?? 0) > LACK_BATCHES + best * LACK_SHARE ? 1 : 0;
  };
  const ranks = new Map(members.map((member) => [member, rank(member)]));
  return members.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
}

export function openPool(stores: readonly Store[], log: Log): StorePool {
  const members: Member[] = stores.map((store) => ({
    store,
    coverage: new Coverage(),
    healthy: true,
    checkedMs: 0,
    failures: 0,
    brokenUntilMs: 0,
    counting: false,
  }));
  const patience = new Patience();
  const limited = limiter(AT_ONCE, WAITING);
  let turn = 0;

  const mark = (member: Member, healthy: boolean): void => {
    if (member.healthy !== healthy) {
      if (healthy) log.info({ store: member.store.name }, 'store answers again');
      else log.warn({ store: member.store.name }, 'store does not answer; others are read');
    }
    member.healthy = healthy;
    member.checkedMs = Date.now();
  };
  const failed = (member: Member, error: unknown): void => {
    if (error instanceof StoreError && !error.retryable) return;
    if (error instanceof StoreError && error.kind === 'unreachable') mark(member, false);
    member.failures += 1;
    if (member.failures < BREAK_AFTER) return;
    const pauseMs = Math.min(BREAK_MOST_MS, BREAK_MS * 2 ** (member.failures - BREAK_AFTER));
    member.brokenUntilMs = Date.now() + pauseMs;
  };
  const answered = (member: Member, ms: number): void => {
    member.failures = 0;
    member.brokenUntilMs = 0;
    patience.answered(ms);
  };
  /** Never awaited by the pings: a store that freezes in the middle of it must not hide that. */
  const countBatches = async (member: Member): Promise<void> => {
    if (member.counting) return;
    member.counting = true;
    try {
      await member.coverage.refresh(member.store, Date.now());
    } catch {
      member.coverage.clear();
    } finally {
      member.counting = false;
    }
  };
  const check = async (member: Member, count: boolean): Promise<void> => {
    const wasHealthy = member.healthy;
    const answers = await member.store.ping();
    mark(member, answers);
    if (answers && (count || !wasHealthy)) void countBatches(member);
  };
  const pings = repeat({
    name: 'store-pings',
    everyMs: PING_EVERY_MS,
    log,
    run: async () => {
      const count = turn % COUNT_EVERY === 0;
      turn += 1;
      await Promise.all(members.map((member) => check(member, count)));
    },
  });

  return {
    read: (run, range = {}) =>
      limited(() => firstAnswer(order(members, range), (member) => run(member.store), { patience, failed, answered })),
    health: () => order(members, {}).map(({ store, healthy, checkedMs }) => ({ name: store.name, healthy, checkedMs })),
    start: () => pings.start(),
    stop: () => pings.stop(),
  };
}
