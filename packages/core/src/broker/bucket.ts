/** A key-value bucket: values with revisions, compare-and-swap, watches. Reads go to the leader. */
import type { JetStreamClient } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { asBrokerError } from './failure.ts';
import type { Subscription } from './broker.ts';

export interface BucketEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Rises with every write to the bucket: usable as a fencing token. */
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
  /** Calls back for the present value and every change; undefined value: removed. */
  watch(key: string, onChange: (entry: BucketEntry | undefined) => void): Promise<Subscription>;
}

export async function openBucket(js: JetStreamClient, name: string, history: number): Promise<Bucket> {
  const guard = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw asBrokerError(error, `${name}: ${what}`);
    }
  };
  const kv = await guard('open', () => new Kvm(js).create(name, { history, allow_direct: false }));
  return {
    get: (key) =>
      guard(`get ${key}`, async () => {
        const entry = await kv.get(key);
        return entry === null || entry.operation !== 'PUT'
          ? undefined
          : { key, value: entry.value, revision: entry.revision };
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
    watch: (key, onChange) =>
      guard(`watch ${key}`, async () => {
        const iterator = await kv.watch({ key });
        void (async () => {
          for await (const entry of iterator) {
            onChange(
              entry.operation === 'PUT' ? { key: entry.key, value: entry.value, revision: entry.revision } : undefined,
            );
          }
        })();
        return { stop: () => iterator.stop() };
      }),
  };
}
