/**
 * One opening of the lease bucket: reads and writes with a time limit, a watch, and the view they fill.
 *
 * Revisions mean something only within one bucket. A wiped broker comes back with another one under the same name, and one
 * restored from a copy with an older one; in both a revision known from before may by chance be that of somebody else's
 * lease. So a write counts only when the bucket's `life` is the same after it as before (lives are random and never come
 * back), and a revision that falls ends the session. It is then opened anew, and everything in it is looked at afresh.
 */
import { ConflictError, type Bucket, type BucketEntry, type Subscription } from '@kaiku/core';
import type { Clock } from './clock.ts';
import { decodeLease, decodeLife, encodeLife, encodeRecord, leaseKey, LIFE_KEY, memberKey } from './record.ts';
import type { LeaseRecord, MemberRecord } from './record.ts';
import { LeaseView } from './view.ts';

/** Calls back once after a time; answers how to call it off. */
export type Timer = (ms: number, act: () => void) => () => void;

export interface SessionOptions {
  readonly openBucket: () => Promise<Bucket>;
  readonly partitions: number;
  /** A silent broker is given up after this, ms. */
  readonly limitMs: number;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly newLife: () => string;
  /** A lease came free, by the watch. */
  readonly onFree: () => void;
}

/** The bucket is not the one that was opened, or not as new as it was. */
class BucketLostError extends Error {
  override readonly name = 'BucketLostError';
}

export class Session {
  readonly #options: SessionOptions;
  readonly #bucket: Bucket;
  readonly life: string;
  readonly view: LeaseView;
  #watch: Subscription | undefined;

  private constructor(options: SessionOptions, bucket: Bucket, life: string, top: number) {
    this.#options = options;
    this.#bucket = bucket;
    this.life = life;
    this.view = new LeaseView(life, top);
  }

  /** @param top the highest token known from before @throws BrokerError, and when it is silent */
  static async open(options: SessionOptions, top: number): Promise<Session> {
    const bucket = await limited(options, options.openBucket());
    const session = new Session(options, bucket, await lifeOf(options, bucket), top);
    const watching = bucket.watch('>', (entry) => {
      if (entry !== undefined && session.#note(entry) && session.#watch !== undefined) options.onFree();
    });
    session.#watch = await limited(options, watching).catch((error: unknown) => {
      // It may still come.
      void watching.then(
        (late) => late.stop(),
        () => undefined,
      );
      throw error;
    });
    return session;
  }

  close(): void {
    this.#watch?.stop();
  }

  /** @throws BucketLostError when it is another bucket by now */
  async verify(): Promise<void> {
    const entry = await this.#get(LIFE_KEY);
    if (entry === undefined || decodeLife(entry.value) !== this.life) {
      throw new BucketLostError('the lease bucket is another one now');
    }
  }

  /** @throws BucketLostError when it has become older */
  async readLease(partition: number): Promise<LeaseRecord | undefined> {
    const known = this.view.leases.get(partition)?.revision ?? 0;
    const entry = await this.#get(leaseKey(partition));
    if ((entry?.revision ?? 0) < known) throw new BucketLostError('the lease bucket has lost its newest entries');
    if (entry === undefined) this.view.noteAbsent(partition, this.#options.clock.steadyMs());
    else this.#note(entry);
    return entry === undefined ? undefined : decodeLease(entry.value);
  }

  /** Reads everything: makes up for what the watch may have missed. */
  async refresh(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.partitions }, (_, partition) => this.readLease(partition)));
    for (const key of await limited(this.#options, this.#bucket.keys())) {
      if (!key.startsWith('member.')) continue;
      const entry = await this.#get(key);
      if (entry !== undefined) this.#note(entry);
    }
  }

  /** Counts only after `verify`. @throws ConflictError */
  async swapLease(partition: number, record: Omit<LeaseRecord, 'v' | 'life'>, revision: number): Promise<void> {
    const value = encodeRecord({ v: 1, ...record, life: this.life });
    const written = await limited(this.#options, this.#bucket.swap(leaseKey(partition), value, revision));
    this.#note({ key: leaseKey(partition), value, revision: written });
  }

  async putMember(name: string, record: Omit<MemberRecord, 'v' | 'top'>): Promise<void> {
    const value = encodeRecord({ v: 1, ...record, top: this.view.top });
    await limited(this.#options, this.#bucket.put(memberKey(name), value));
  }

  #get(key: string): Promise<BucketEntry | undefined> {
    return limited(this.#options, this.#bucket.get(key));
  }

  /** True when a lease came free by it. */
  #note({ key, value, revision }: BucketEntry): boolean {
    return this.view.note(key, value, revision, this.#options.clock.steadyMs());
  }
}

/** The id of this bucket, given to it when it has none. */
async function lifeOf(options: SessionOptions, bucket: Bucket): Promise<string> {
  const known = await limited(options, bucket.get(LIFE_KEY));
  if (known !== undefined) return decodeLife(known.value);
  const life = options.newLife();
  try {
    await limited(options, bucket.swap(LIFE_KEY, encodeLife(life), 0));
    return life;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const entry = await limited(options, bucket.get(LIFE_KEY));
    if (entry === undefined) throw new BucketLostError('the lease bucket went away', { cause: error });
    return decodeLife(entry.value);
  }
}

async function limited<T>({ timer, limitMs }: SessionOptions, work: Promise<T>): Promise<T> {
  let callOff = (): void => undefined;
  const late = new Promise<never>((_, fail) => {
    callOff = timer(limitMs, () => fail(new Error(`no answer from the lease bucket in ${limitMs} ms`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    callOff();
  }
}
