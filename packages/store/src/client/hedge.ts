/**
 * One read on several stores: the first is asked alone; when it is silent for longer than reads usually take the next
 * one is asked too, and the first answer wins. The others are cancelled: their requests are broken off.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreError } from '../errors.ts';

const cancellation = new AsyncLocalStorage<AbortSignal>();

/** Aborted when nobody waits for the present read any more; undefined outside of a pool's read. */
export const readCancelled = (): AbortSignal | undefined => cancellation.getStore();

/** Waiting times of recent reads, and the wait after which a second store is asked. */
export class Patience {
  readonly #recent: number[] = [];
  #next = 0;
  #budget = BUDGET;

  answered(ms: number): void {
    this.#recent[this.#next] = ms;
    this.#next = (this.#next + 1) % RECENT;
    this.#budget = Math.min(BUDGET, this.#budget + BUDGET_PER_READ);
  }

  /** Silence that is unusual: the 95th percentile of recent reads. */
  get unusualMs(): number {
    if (this.#recent.length < ENOUGH) return UNKNOWN_MS;
    const sorted = this.#recent.toSorted((a, b) => a - b);
    const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? UNKNOWN_MS;
    return Math.min(SILENCE_MS, Math.max(LEAST_MS, p95));
  }

  /** True when another store may be asked early. When all reads are slow that would only double the load. */
  spend(): boolean {
    if (this.#budget < 1) return false;
    this.#budget -= 1;
    return true;
  }
}

const RECENT = 200;
const ENOUGH = 20;
/** While too few reads are known. */
const UNKNOWN_MS = 1000;
const LEAST_MS = 150;
/** After this the next store is asked whatever the load. */
const SILENCE_MS = 3000;
/** One read in ten may be asked twice early. */
const BUDGET = 10;
const BUDGET_PER_READ = 0.1;

export interface Attempts<M> {
  readonly patience: Patience;
  /** A member failed, or was silent until another one answered. */
  readonly failed: (member: M, error: unknown) => void;
  readonly answered: (member: M, ms: number) => void;
}

type Outcome<T> = { readonly ok: true; readonly answer: T } | { readonly ok: false; readonly error: unknown };

interface Running<M, T> {
  readonly member: M;
  readonly startedMs: number;
  readonly abort: AbortController;
  readonly work: Promise<{ readonly outcome: Outcome<T>; readonly from: Running<M, T> }>;
}

/** @throws the last error when all fail, or the first that would be the same everywhere */
export async function firstAnswer<M, T>(
  members: readonly M[],
  run: (member: M) => Promise<T>,
  { patience, failed, answered }: Attempts<M>,
): Promise<T> {
  const waiting = [...members];
  const running = new Set<Running<M, T>>();
  let last: unknown = new StoreError('no store is configured', { kind: 'refused', engineCode: 0 });
  try {
    for (;;) {
      const member = waiting.shift();
      if (member !== undefined) running.add(attempt(member, run));
      if (running.size === 0) throw last;
      const done = await next(running, waiting.length > 0, patience);
      if (done === undefined) continue;
      const { outcome, from } = done;
      running.delete(from);
      if (outcome.ok) {
        answered(from.member, performance.now() - from.startedMs);
        for (const late of running) if (late.startedMs < from.startedMs) failed(late.member, new Error('silent'));
        return outcome.answer;
      }
      last = outcome.error;
      failed(from.member, last);
      if (last instanceof StoreError && !last.retryable) throw last;
    }
  } finally {
    for (const { abort } of running) abort.abort();
  }
}

/** The next outcome; undefined when it is time for another store. */
async function next<M, T>(
  running: ReadonlySet<Running<M, T>>,
  more: boolean,
  patience: Patience,
): Promise<Awaited<Running<M, T>['work']> | undefined> {
  const all = [...running].map(({ work }) => work);
  if (!more) return Promise.race(all);
  const { unusualMs } = patience;
  const soon = await within(all, unusualMs);
  if (soon !== undefined) return soon;
  if (unusualMs >= SILENCE_MS || patience.spend()) return undefined;
  return within(all, SILENCE_MS - unusualMs);
}

async function within<T>(work: readonly Promise<T>[], ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  try {
    return await Promise.race([...work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** One read as an outcome: it never rejects, so a late failure of a slow store troubles nobody. */
function attempt<M, T>(member: M, run: (member: M) => Promise<T>): Running<M, T> {
  const abort = new AbortController();
  const outcome = cancellation.run(abort.signal, async (): Promise<Outcome<T>> => {
    try {
      return { ok: true, answer: await run(member) };
    } catch (error) {
      return { ok: false, error };
    }
  });
  const self: Running<M, T> = {
    member,
    startedMs: performance.now(),
    abort,
    work: outcome.then((result) => ({ outcome: result, from: self })),
  };
  return self;
}
