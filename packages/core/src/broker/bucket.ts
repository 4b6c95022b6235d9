/**
 * A key-value bucket: values with revisions, compare-and-swap, watches. Reads go to the leader.
 *
 * A bucket outlives its broker's storage: when a wiped broker comes back it is created again, empty,
 * and revisions begin anew. Watches go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import { Kvm, type KV, type KvWatchEntry } from '@nats-io/kv';
import type { QueuedIterator } from '@nats-io/transport-node';
import { asBrokerError, isMissing, isUnheard } from './failure.ts';
import type { Subscription } from './messages.ts';

export interface BucketEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Rises with every write to the bucket: usable as a fencing token while the broker keeps its storage. */
  readonly revision: number;
}

export interface Bucket {
  get(key: string): Promise<BucketEntry | undefined>;
  /** Writes whatever is there. Answers the new revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /** Writes only if the key is absent (`revision` 0) or at `revision`. @throws ConflictError */
  swap(key: string, value: Uint8Array, revision: number): Promise<number>;
  remove(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** Calls back for the present value and every change; undefined: removed (not said of what a wipe took). */
  watch(key: string, onChange: (entry: BucketEntry | undefined) => void): Promise<Subscription>;
}

export interface BucketOptions {
  readonly name: string;
  readonly history: number;
  /** Tells of every return of the connection. */
  readonly onReconnect: (act: () => void) => Subscription;
}

/** A bucket at one site. */
export interface OneBucket extends Bucket {
  /** When the present value was written, by the site's clock; undefined when there is none. */
  writtenMs(key: string): Promise<number | undefined>;
}

const REOPEN_MS = 500;

/** Opens the bucket, creating it where it is missing: now, and again whenever a wiped broker has lost it. */
export async function openBucket(
  js: JetStreamClient,
  { name, history, onReconnect }: BucketOptions,
): Promise<OneBucket> {
  const open = async (): Promise<KV> => new Kvm(js).create(name, { history, allow_direct: false });
  let kv: KV;
  const guard = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      try {
        return await run();
      } catch (error) {
        if (!isMissing(error) && !isUnheard(error)) throw error;
        kv = await open();
        return await run();
      }
    } catch (error) {
      throw asBrokerError(error, `${name}: ${what}`);
    }
  };
  try {
    kv = await open();
  } catch (error) {
    throw asBrokerError(error, `${name}: open`);
  }
  return {
    get: (key) =>
      guard(`get ${key}`, async () => {
        const entry = await kv.get(key);
        return entry === null || entry.operation !== 'PUT'
          ? undefined
          : { key, value: entry.value, revision: entry.revision };
      }),
    writtenMs: (key) =>
      guard(`look at ${key}`, async () => {
        const entry = await kv.get(key);
        return entry === null || entry.operation !== 'PUT' ? undefined : entry.created.getTime();
      }),
    put: (key, value) => guard(`put ${key}`, () => kv.put(key, value)),
    swap: (key, value, revision) =>
      guard(`swap ${key}`, () => (revision === 0 ? kv.create(key, value) : kv.update(key, value, revision))),
    remove: (key) => guard(`remove ${key}`, () => kv.delete(key)),
    keys: () =>
      guard('keys', async () => {
        const out: string[] = [];
        for await (const key of await kv.keys()) out.push(key);
        return out;
      }),
    watch: async (key, onChange) => {
      const watch = new Watch(onChange, () => guard(`watch ${key}`, () => kv.watch({ key })));
      await watch.open();
      const reconnects = onReconnect(() => void watch.reopen());
      return {
        stop: () => {
          reconnects.stop();
          watch.stop();
        },
      };
    },
  };
}

/**
 * One watch, opened anew after every return of the connection: the broker may have come back with
 * other contents, of which the old position means nothing. What was called back already is not repeated.
 */
class Watch {
  readonly #onChange: (entry: BucketEntry | undefined) => void;
  readonly #start: () => Promise<QueuedIterator<KvWatchEntry>>;
  /** Revision called back last, by key. */
  readonly #seen = new Map<string, number>();
  #iterator: QueuedIterator<KvWatchEntry> | undefined;
  #turn = 0;

  constructor(onChange: (entry: BucketEntry | undefined) => void, start: () => Promise<QueuedIterator<KvWatchEntry>>) {
    this.#onChange = onChange;
    this.#start = start;
  }

  async open(): Promise<void> {
    const turn = this.#turn;
    const iterator = await this.#start();
    if (turn !== this.#turn) {
      iterator.stop();
      return;
    }
    this.#iterator = iterator;
    void this.#follow(iterator);
  }

  /** Tries until it is open, stopped, or overtaken by another reopening. */
  async reopen(): Promise<void> {
    this.stop();
    const turn = this.#turn;
    while (turn === this.#turn) {
      try {
        await this.open();
        return;
      } catch {
        await sleep(REOPEN_MS);
      }
    }
  }

  stop(): void {
    this.#turn += 1;
    this.#iterator?.stop();
    this.#iterator = undefined;
  }

  async #follow(iterator: QueuedIterator<KvWatchEntry>): Promise<void> {
    try {
      for await (const { key, value, revision, operation } of iterator) {
        if (iterator !== this.#iterator) return;
        if (this.#seen.get(key) === revision) continue;
        this.#seen.set(key, revision);
        this.#onChange(operation === 'PUT' ? { key, value, revision } : undefined);
      }
    } catch {
      // The iterator broke off; treated like its end.
    }
    if (iterator === this.#iterator) await this.reopen();
  }
}
