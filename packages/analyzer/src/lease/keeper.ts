/**
 * Holds partitions by lease in the broker's key-value bucket: `desk.ts`, turn after turn.
 *
 * A watch keeps the view fresh; a full read each lease time makes up for what a watch may miss; correctness rests on
 * neither, only on compare-and-swap. Feeds the evaluation (`leases()`), which asks `valid()` before each effect.
 *
 * Failure: broker away: nothing can be renewed, so every lease stops being valid by this process' own clock before it
 * can be taken. Bucket lost: it is created anew, leases still valid are written again, tokens rise on.
 */
import { randomUUID } from 'node:crypto';
import { repeat, type Bucket, type Log, type Part } from '@kaiku/core';
import type { Clock } from './clock.ts';
import { LeaseDesk } from './desk.ts';
import type { Timer } from './session.ts';

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

/** Ticks within a lease time: bounds how late an expiry is noticed (a tick without a reason does no I/O). */
const TICKS_PER_LEASE = 15;

const timer: Timer = (ms, act) => {
  const due = setTimeout(act, ms);
  return () => clearTimeout(due);
};

export function leaseKeeper(options: KeeperOptions): LeaseKeeper {
  const { leaseMs, log } = options;
  const desk = new LeaseDesk({
    ...options,
    timer,
    newLife: randomUUID,
    onFree: () => ticker.wake(),
    onChange: () => options.onChange?.(),
  });
  let troubled = false;
  const ticker = repeat({
    name: 'leases',
    everyMs: leaseMs / TICKS_PER_LEASE,
    log,
    run: async () => {
      try {
        await desk.turn();
        if (troubled) log.info('leases can be kept again');
        troubled = false;
      } catch (error) {
        if (!troubled) log.warn({ err: error }, 'leases cannot be kept; trying on');
        troubled = true;
      }
    },
  });

  return {
    name: 'leases',
    leases: () =>
      [...desk.held.values()]
        .filter(({ partition, token }) => desk.valid(partition, token))
        .map(({ partition, token, lastAliveMs }) => ({
          partition,
          token,
          lastAliveMs,
          valid: () => desk.valid(partition, token),
        })),
    members: () => desk.members(),
    get takeovers() {
      return desk.takeovers;
    },
    start: () => ticker.start(),
    stop: async () => {
      if (desk.leaving) return;
      desk.leaving = true;
      await ticker.stop();
      try {
        if (desk.open) await desk.turn();
      } catch (error) {
        log.warn({ err: error }, 'leases could not be released; they expire by themselves');
      }
      desk.close();
    },
  };
}
