/**
 * Several stores as readers see them. Asks the first in order of preference; when it fails in a way that
 * passes, or is silent for a while, asks the next one too, and takes the first answer.
 *
 * ```
 *  read ─► store 1 ──3 s silence──► store 2 ──3 s──► …     the first answer wins
 *             └─ error that passes ──► next at once
 * ```
 * Health is pinged every second, and a failed read counts as well: a dead store is passed over at once
 * and taken again when it answers. Among healthy ones, those that hold fewer of the last hours' batches
 * (just back, still catching up) come after those that hold more.
 */
import { repeat, type Log } from '@kaiku/core';
import type { Store, StorePool } from '../api.ts';
import { StoreError } from '../errors.ts';

const PING_EVERY_MS = 1000;
const SILENCE_MS = 3000;
/** How often, in pings, completeness is asked for: it counts the ledger. */
const COUNT_EVERY = 5;
/** Batches of the last hours, by which stores are compared. */
const RECENT_SQL = 'SELECT count() AS batches FROM ledger WHERE inserted > now() - 6 * 3600';
/** A store counts as complete when it lacks at most this share, and this many, of the best one's batches. */
const LACK_SHARE = 0.01;
const LACK_BATCHES = 20;

interface Member {
  readonly store: Store;
  healthy: boolean;
  checkedMs: number;
  batches: number;
}

/** Healthy before unhealthy, complete before lagging, then as configured. */
function order(members: readonly Member[]): readonly Member[] {
  const best = Math.max(0, ...members.filter((each) => each.healthy).map((each) => each.batches));
  const rank = (member: Member): number => {
    if (!member.healthy) return 2;
    return best - member.batches > LACK_BATCHES + best * LACK_SHARE ? 1 : 0;
  };
  return members.toSorted((a, b) => rank(a) - rank(b));
}

function passes(error: unknown): boolean {
  return !(error instanceof StoreError) || error.retryable;
}

export function openPool(stores: readonly Store[], log: Log): StorePool {
  const members: Member[] = stores.map((store) => ({ store, healthy: true, checkedMs: 0, batches: 0 }));
  let turn = 0;

  const mark = (member: Member, healthy: boolean): void => {
    if (member.healthy !== healthy) {
      if (healthy) log.info({ store: member.store.name }, 'store answers again');
      else log.warn({ store: member.store.name }, 'store does not answer; others are read');
    }
    member.healthy = healthy;
    member.checkedMs = Date.now();
  };
  const check = async (member: Member, count: boolean): Promise<void> => {
    const wasHealthy = member.healthy;
    const answers = await member.store.ping();
    if (answers && (count || !wasHealthy)) {
      try {
        const [row] = await member.store.query(RECENT_SQL);
        member.batches = Number(row?.['batches'] ?? 0);
      } catch {
        member.batches = 0;
      }
    }
    mark(member, answers);
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
    read: (run) => firstAnswer(order(members), run, (member) => mark(member, false)),
    health: () => order(members).map(({ store, healthy, checkedMs }) => ({ name: store.name, healthy, checkedMs })),
    start: () => pings.start(),
    stop: () => pings.stop(),
  };
}

/** Starts with the first member; each failure or silence brings in the next. @throws the last error */
async function firstAnswer<T>(
  members: readonly Member[],
  run: (store: Store) => Promise<T>,
  failed: (member: Member) => void,
): Promise<T> {
  const waiting = [...members];
  const running = new Set<Promise<Outcome<T>>>();
  let last: unknown = new StoreError('no store is configured', { kind: 'refused', engineCode: 0 });
  for (;;) {
    const member = waiting.shift();
    if (member !== undefined) running.add(attempt(member, run));
    if (running.size === 0) throw last;
    const outcome = await firstOf(running, waiting.length > 0 ? SILENCE_MS : undefined);
    if (outcome === undefined) continue;
    if (outcome.ok) return outcome.answer;
    running.delete(outcome.self());
    last = outcome.error;
    if (last instanceof StoreError && last.kind === 'unreachable') failed(outcome.member);
    if (!passes(last)) throw last;
  }
}

type Outcome<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly error: unknown; readonly member: Member; readonly self: () => Promise<Outcome<T>> };

/** One read as an outcome: it never rejects, so a late failure of a slow store troubles nobody. */
function attempt<T>(member: Member, run: (store: Store) => Promise<T>): Promise<Outcome<T>> {
  const work: Promise<Outcome<T>> = run(member.store).then(
    (answer) => ({ ok: true, answer }) as const,
    (error: unknown) => ({ ok: false, error, member, self: () => work }) as const,
  );
  return work;
}

/** The first outcome, or undefined after the silence. */
async function firstOf<T>(
  running: ReadonlySet<Promise<Outcome<T>>>,
  silenceMs?: number,
): Promise<Outcome<T> | undefined> {
  if (silenceMs === undefined) return Promise.race(running);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), silenceMs);
  });
  try {
    return await Promise.race([...running, silence]);
  } finally {
    clearTimeout(timer);
  }
}
