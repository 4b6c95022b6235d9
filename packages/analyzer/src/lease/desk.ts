/**
 * Takes, renews and gives back leases, one turn at a time: what `decide.ts` decides, done at the bucket. Driven by
 * `keeper.ts`, or by a simulated world in tests: it has no timer of its own.
 *
 * Invariants: a lease is held only after the bucket said so and was then seen to be the same bucket still; its time
 * counts from before the writing was sent. When a turn fails the session ends with it, and the next one looks at everything afresh:
 * leases still valid are carried on, others have to be taken again like anybody's.
 */
import { ConflictError, type Log } from '@kaiku/core';
import type { Clock } from './clock.ts';
import { decideLeases, usableMs, validUntilMs, type HeldLease, type LeaseAction } from './decide.ts';
import { memberId } from './record.ts';
import { Session, type SessionOptions } from './session.ts';
import { nextToken } from './token.ts';

export interface DeskOptions extends Omit<SessionOptions, 'limitMs'> {
  readonly name: string;
  /** Differs for each start of the process. */
  readonly incarnation: string;
  readonly leaseMs: number;
  readonly log: Log;
  /** Called after a lease was gained or lost. */
  readonly onChange: () => void;
}

export interface Held extends HeldLease {
  readonly renewedWallMs: number;
  /** Wall clock of the last sign of its previous holder; 0 when there was none. */
  readonly lastAliveMs: number;
}

/** What becomes of a writing once the bucket is known to be the same. */
type Commit = () => void;
type Acquire = LeaseAction & { readonly act: 'acquire' };
type Existing = LeaseAction & { readonly act: 'renew' | 'release' };

export class LeaseDesk {
  readonly self: string;
  readonly #options: DeskOptions;
  readonly #clock: Clock;
  readonly held = new Map<number, Held>();
  #session: Session | undefined;
  #top = 0;
  #heartbeatAtMs = -Infinity;
  #refreshedAtMs = -Infinity;
  #turnedAtMs = -Infinity;
  leaving = false;
  takeovers = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.self = memberId(options.name, options.incarnation);
  }

  /**
   * May an effect be produced under this token at this moment? By both clocks: the monotonic one stands still with a
   * suspended machine, the other may be set.
   */
  valid(partition: number, token: number): boolean {
    const mine = this.held.get(partition);
    if (mine?.token !== token) return false;
    const { leaseMs } = this.#options;
    if (this.#clock.wallMs() - mine.renewedWallMs >= usableMs(leaseMs)) return false;
    return this.#clock.steadyMs() < validUntilMs(mine, leaseMs);
  }

  members(): readonly string[] {
    const { leaseMs } = this.#options;
    return this.#session?.view.living(this.self, leaseMs, this.#clock.steadyMs()) ?? [this.self];
  }

  /** True while it has a bucket open. */
  get open(): boolean {
    return this.#session !== undefined;
  }

  close(): void {
    this.#top = Math.max(this.#top, this.#session?.view.top ?? 0);
    this.#session?.close();
    this.#session = undefined;
  }

  /** @throws whatever the broker says; the next turn begins anew */
  async turn(): Promise<void> {
    // Stopped for so long, it may have slept through anything, such as a change of sites and back.
    if (this.#clock.steadyMs() - this.#turnedAtMs >= usableMs(this.#options.leaseMs)) this.close();
    try {
      await this.#turn(await this.#opened());
      this.#turnedAtMs = this.#clock.steadyMs();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #opened(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const session = await Session.open({ ...this.#options, limitMs: this.#options.leaseMs }, this.#top);
    this.#session = session;
    this.#heartbeatAtMs = -Infinity;
    this.#refreshedAtMs = -Infinity;
    for (const { partition, token } of this.held.values()) {
      if (!this.valid(partition, token)) this.#lose(partition, 'ran out while the broker was away');
    }
    return session;
  }

  async #turn(session: Session): Promise<void> {
    const { name, incarnation, leaseMs, partitions } = this.#options;
    if (this.leaving || this.#clock.steadyMs() - this.#heartbeatAtMs >= leaseMs / 3) {
      const sentAtMs = this.#clock.steadyMs();
      await session.putMember(name, { incarnation, present: !this.leaving });
      this.#heartbeatAtMs = sentAtMs;
    }
    if (this.#clock.steadyMs() - this.#refreshedAtMs >= leaseMs) {
      await session.verify();
      await session.refresh();
      this.#refreshedAtMs = this.#clock.steadyMs();
    }
    const nowMs = this.#clock.steadyMs();
    const members = this.members().filter((id) => !this.leaving || id !== this.self);
    const { self, held, leaving } = this;
    const seen = session.view.leases;
    const actions = decideLeases({ self, members, partitions, leaseMs, nowMs, seen, held, leaving });
    if (actions.length === 0) return;
    const results = await Promise.allSettled(actions.map((action) => this.#perform(session, action)));
    await session.verify();
    for (const result of results) if (result.status === 'fulfilled') result.value?.();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #perform(session: Session, action: LeaseAction): Promise<Commit | undefined> {
    if (action.act === 'drop') {
      this.#lose(action.partition, 'taken by another');
      return undefined;
    }
    try {
      if (action.act === 'acquire') return await this.#acquire(session, action);
      return await (action.act === 'renew' ? this.#renew(session, action) : this.#release(session, action));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // Whoever wrote first is seen by this; a renewal of ours whose answer was lost, too.
      await session.readLease(action.partition);
      return undefined;
    }
  }

  async #acquire(session: Session, { partition, revision, lastToken }: Acquire): Promise<Commit | undefined> {
    const { log, onChange } = this.#options;
    const before = session.view.leases.get(partition);
    const previous = await session.readLease(partition);
    if (session.view.leases.get(partition)?.revision !== revision) return undefined;
    // A lost bucket does not know the last token, but the living may.
    const last = revision === 0 ? session.view.top : lastToken;
    const token = nextToken(last, this.#clock.wallMs(), this.self);
    const sent = this.#sent();
    await session.swapLease(partition, { holder: this.self, token, atMs: sent.renewedWallMs }, revision);
    return () => {
      const acquiredAtMs = sent.renewedAtMs;
      this.held.set(partition, { ...sent, partition, token, acquiredAtMs, lastAliveMs: previous?.atMs ?? 0 });
      const from = revision === 0 ? '' : (before?.holder ?? '');
      if (from !== '' && from !== this.self) this.takeovers += 1;
      log.info({ partition, token, from }, 'lease acquired');
      onChange();
    };
  }

  async #renew(session: Session, { partition, token, revision }: Existing): Promise<Commit | undefined> {
    // What has run out may have been taken: looked at once more, since the broker may have lost what it said last.
    if (!this.valid(partition, token)) {
      const present = await session.readLease(partition);
      if (present?.holder !== this.self || present.token !== token) return undefined;
    }
    const sent = this.#sent();
    await session.swapLease(partition, { holder: this.self, token, atMs: sent.renewedWallMs }, revision);
    return () => {
      const mine = this.held.get(partition);
      if (mine?.token === token) this.held.set(partition, { ...mine, ...sent });
    };
  }

  async #release(session: Session, { partition, token, revision }: Existing): Promise<undefined> {
    // First stop acting, then say so.
    this.#lose(partition, this.leaving ? 'stopping' : 'handed to its owner');
    await session.swapLease(partition, { holder: '', token, atMs: this.#clock.wallMs() }, revision);
  }

  #sent(): { readonly renewedAtMs: number; readonly renewedWallMs: number } {
    return { renewedAtMs: this.#clock.steadyMs(), renewedWallMs: this.#clock.wallMs() };
  }

  #lose(partition: number, why: string): void {
    if (!this.held.delete(partition)) return;
    this.#options.log.info({ partition, why }, 'lease given up');
    this.#options.onChange();
  }
}
