/**
 * Holds partitions by lease in the broker's key-value bucket: the edge around `decide.ts`.
 *
 * A watch keeps the view fresh; a full read each lease time makes up for what a watch may miss; correctness rests on
 * neither, only on compare-and-swap. Feeds the evaluation (`leases()`), which asks `valid()` before each effect.
 *
 * Failure: broker away: nothing can be renewed, so every lease stops being valid by this process' own clock before it
 * can be taken; work resumes under the same token if nobody took it. Bucket lost: it is created anew, tokens rise on.
 */
import { ConflictError, repeat, type Bucket, type Log, type Part, type Subscription } from '@kaiku/core';
import { decideLeases, nextToken, validUntilMs, type HeldLease, type LeaseAction } from './decide.ts';
import { decodeLease, encodeRecord, leaseKey, memberId, memberKey, type LeaseRecord } from './record.ts';
import type { Clock } from './clock.ts';
import { LeaseView } from './view.ts';

/** A partition held now. */
export interface Lease {
  readonly partition: number;
  readonly token: number;
  /** Wall clock of the last sign of its previous holder; 0 when there was none. */
  readonly lastAliveMs: number;
  /** May an effect be produced under it at this moment? */
  valid(): boolean;
}

export interface LeaseKeeper extends Part {
  /** Leases valid now. */
  leases(): readonly Lease[];
  /** Ids of the analyzers alive, this one included. */
  members(): readonly string[];
  /** Partitions taken over since the start. */
  readonly takeovers: number;
}

export interface KeeperOptions {
  readonly name: string;
  /** Differs for each start of the process. */
  readonly incarnation: string;
  readonly partitions: number;
  readonly leaseMs: number;
  readonly openBucket: () => Promise<Bucket>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after a lease was gained or lost. */
  readonly onChange?: () => void;
}

type Held = HeldLease & { readonly lastAliveMs: number };

/** Ticks within a lease time: bounds how late an expiry is noticed (a tick without a reason does no I/O). */
const TICKS_PER_LEASE = 15;

export function leaseKeeper(options: KeeperOptions): LeaseKeeper {
  const { name, incarnation, partitions, leaseMs, openBucket, clock, log, onChange } = options;
  const self = memberId(name, incarnation);
  const view = new LeaseView();
  const held = new Map<number, Held>();
  let bucket: Bucket | undefined;
  let watch: Subscription | undefined;
  let heartbeatAtMs = -Infinity;
  let refreshedAtMs = -Infinity;
  let troubled = false;
  let leaving = false;
  let takeovers = 0;

  const valid = (partition: number, token: number): boolean => {
    const mine = held.get(partition);
    return mine !== undefined && mine.token === token && clock.steadyMs() < validUntilMs(mine, leaseMs);
  };

  const limited = async <T>(work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new Error(`no answer from the lease bucket in ${leaseMs} ms`)), leaseMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  const open = async (): Promise<Bucket> => {
    if (bucket !== undefined) return bucket;
    const opened = await limited(openBucket());
    view.restart();
    watch = await limited(
      opened.watch('>', (entry) => {
        if (entry === undefined) return;
        const before = view.leases.get(Number(entry.key.slice('lease.'.length)))?.holder;
        view.note(entry.key, entry.value, entry.revision, clock.steadyMs());
        const after = view.leases.get(Number(entry.key.slice('lease.'.length)))?.holder;
        if (after === '' && before !== '') ticker.wake();
      }),
    );
    bucket = opened;
    refreshedAtMs = -Infinity;
    return opened;
  };

  const close = (): void => {
    watch?.stop();
    watch = undefined;
    bucket = undefined;
  };

  const readLease = async (from: Bucket, partition: number): Promise<LeaseRecord | undefined> => {
    const entry = await limited(from.get(leaseKey(partition)));
    if (entry === undefined) view.noteAbsent(partition, clock.steadyMs());
    else view.note(entry.key, entry.value, entry.revision, clock.steadyMs());
    return entry === undefined ? undefined : decodeLease(entry.value);
  };

  const refresh = async (from: Bucket): Promise<void> => {
    await Promise.all(Array.from({ length: partitions }, (_, partition) => readLease(from, partition)));
    for (const key of await limited(from.keys())) {
      if (!key.startsWith('member.')) continue;
      const entry = await limited(from.get(key));
      if (entry !== undefined) view.note(key, entry.value, entry.revision, clock.steadyMs());
    }
    refreshedAtMs = clock.steadyMs();
  };

  const lose = (partition: number, why: string): void => {
    if (!held.delete(partition)) return;
    log.info({ partition, why }, 'lease given up');
    onChange?.();
  };

  const acquire = async (into: Bucket, action: LeaseAction & { act: 'acquire' }): Promise<void> => {
    const { partition, revision } = action;
    const before = view.leases.get(partition);
    const previous = revision === 0 ? undefined : await readLease(into, partition);
    if (view.leases.get(partition)?.revision !== revision) return;
    const token = nextToken(action.lastToken, clock.wallMs());
    const sentAtMs = clock.steadyMs();
    const record: LeaseRecord = { v: 1, holder: self, token, atMs: clock.wallMs() };
    const written = await limited(into.swap(leaseKey(partition), encodeRecord(record), revision));
    view.note(leaseKey(partition), encodeRecord(record), written, clock.steadyMs());
    const lastAliveMs = previous?.atMs ?? 0;
    held.set(partition, {
      partition,
      token,
      revision: written,
      acquiredAtMs: sentAtMs,
      renewedAtMs: sentAtMs,
      lastAliveMs,
    });
    if (before !== undefined && before.holder !== '' && before.holder !== self) takeovers += 1;
    log.info({ partition, token, from: before?.holder ?? '' }, 'lease acquired');
    onChange?.();
  };

  const renew = async (into: Bucket, action: LeaseAction & { act: 'renew' }): Promise<void> => {
    const { partition, token, revision } = action;
    const mine = held.get(partition);
    if (mine === undefined) return;
    const sentAtMs = clock.steadyMs();
    const record = encodeRecord({ v: 1, holder: self, token, atMs: clock.wallMs() });
    try {
      const written = await limited(into.swap(leaseKey(partition), record, revision));
      view.note(leaseKey(partition), record, written, clock.steadyMs());
      held.set(partition, { ...mine, revision: written, renewedAtMs: sentAtMs });
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const present = await readLease(into, partition);
      const known = view.leases.get(partition);
      // A renewal of ours whose answer was lost: still ours, though not renewed by this.
      if (present?.holder === self && present.token === token && known !== undefined) {
        held.set(partition, { ...mine, revision: known.revision });
      } else lose(partition, 'taken by another');
    }
  };

  const release = async (into: Bucket, action: LeaseAction & { act: 'release' }): Promise<void> => {
    const { partition, token, revision } = action;
    // First stop acting, then say so.
    lose(partition, leaving ? 'stopping' : 'handed to its owner');
    const record = encodeRecord({ v: 1, holder: '', token, atMs: clock.wallMs() });
    const written = await limited(into.swap(leaseKey(partition), record, revision));
    view.note(leaseKey(partition), record, written, clock.steadyMs());
  };

  const perform = async (into: Bucket, action: LeaseAction): Promise<void> => {
    try {
      if (action.act === 'acquire') await acquire(into, action);
      else if (action.act === 'renew') await renew(into, action);
      else await release(into, action);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      await readLease(into, action.partition);
    }
  };

  const tick = async (): Promise<void> => {
    const into = await open();
    if (clock.steadyMs() - heartbeatAtMs >= leaseMs / 3 || leaving) {
      const sentAtMs = clock.steadyMs();
      await limited(into.put(memberKey(name), encodeRecord({ v: 1, incarnation, present: !leaving })));
      heartbeatAtMs = sentAtMs;
    }
    if (clock.steadyMs() - refreshedAtMs >= leaseMs) await refresh(into);
    const nowMs = clock.steadyMs();
    const members = leaving ? view.living(self, leaseMs, nowMs).filter((id) => id !== self) : living(nowMs);
    const actions = decideLeases({ self, members, partitions, leaseMs, nowMs, seen: view.leases, held, leaving });
    await Promise.all(actions.map((action) => perform(into, action)));
  };
  const living = (nowMs: number): readonly string[] => view.living(self, leaseMs, nowMs);

  const ticker = repeat({
    name: 'leases',
    everyMs: leaseMs / TICKS_PER_LEASE,
    log,
    run: async () => {
      try {
        await tick();
        if (troubled) log.info('leases can be kept again');
        troubled = false;
      } catch (error) {
        if (!troubled) log.warn({ err: error }, 'leases cannot be kept; trying on');
        troubled = true;
        close();
      }
    },
  });

  return {
    name: 'leases',
    leases: () =>
      [...held.values()]
        .filter(({ partition, token }) => valid(partition, token))
        .map(({ partition, token, lastAliveMs }) => ({
          partition,
          token,
          lastAliveMs,
          valid: () => valid(partition, token),
        })),
    members: () => living(clock.steadyMs()),
    get takeovers() {
      return takeovers;
    },
    start: () => ticker.start(),
    stop: async () => {
      if (leaving) return;
      leaving = true;
      await ticker.stop();
      try {
        if (bucket !== undefined) await tick();
      } catch (error) {
        log.warn({ err: error }, 'leases could not be released; they expire by themselves');
      }
      close();
    },
  };
}
