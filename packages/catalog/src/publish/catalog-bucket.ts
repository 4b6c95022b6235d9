/**
 * The catalog on the broker: one key of a bucket with history, written by `kaiku up` and `kaiku apply`,
 * watched by loggers, analyzers and web servers.
 *
 * Invariants: `revision` rises by one with every change of content; the same content again writes
 * nothing; two writers at once never overwrite each other unseen (compare-and-swap, then once more).
 * A watcher survives the loss, the return and the emptying of the broker: it keeps the last catalog.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ConflictError, type Broker, type Bucket, type Log, type Subscription } from '@kaiku/core';
import { BUCKETS } from '@kaiku/protocol';
import { catalogSchema, type Catalog } from '../model/catalog.ts';

const KEY = 'current';
/** Older catalogs the broker keeps: 64 is the most it can. */
const HISTORY = 64;
const TRIES = 5;
/** A lost watch is noticed by reading again this often. */
const READ_EVERY_MS = 5000;

export const publishedCatalogSchema = z.object({
  revision: z.number().int().min(1),
  author: z.string(),
  reason: z.string(),
  atMs: z.number(),
  catalog: catalogSchema,
});
export type PublishedCatalog = z.output<typeof publishedCatalogSchema>;

type CatalogBroker = Pick<Broker, 'bucket'>;

export interface CatalogChange {
  readonly author: string;
  readonly reason: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Publishes the catalog unless it is already the current one.
 * @returns the revision in force and whether it was written now
 * @throws BrokerError, ConflictError when others kept writing at the same time
 */
export async function publishCatalog(
  broker: CatalogBroker,
  catalog: Catalog,
  { author, reason }: CatalogChange,
): Promise<{ readonly revision: number; readonly changed: boolean }> {
  const bucket = await broker.bucket(BUCKETS.catalog, HISTORY);
  for (let attempt = 1; ; attempt += 1) {
    const entry = await bucket.get(KEY);
    const current = entry === undefined ? undefined : decodeCatalog(entry.value);
    if (current !== undefined && isDeepStrictEqual(plain(current.catalog), plain(catalog))) {
      return { revision: current.revision, changed: false };
    }
    const revision = (current?.revision ?? 0) + 1;
    const value = encoder.encode(JSON.stringify({ revision, author, reason, atMs: Date.now(), catalog }));
    try {
      await bucket.swap(KEY, value, entry?.revision ?? 0);
      return { revision, changed: true };
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === TRIES) throw error;
    }
  }
}

const plain = (catalog: Catalog): unknown => JSON.parse(JSON.stringify(catalog)) as unknown;

/** The catalog in force; undefined when none was published yet. @throws BrokerError */
export async function readPublishedCatalog(broker: CatalogBroker): Promise<PublishedCatalog | undefined> {
  const entry = await (await broker.bucket(BUCKETS.catalog, HISTORY)).get(KEY);
  return entry === undefined ? undefined : decodeCatalog(entry.value);
}

/** undefined when the bytes are no catalog this version can read. */
function decodeCatalog(bytes: Uint8Array): PublishedCatalog | undefined {
  try {
    const parsed = publishedCatalogSchema.safeParse(JSON.parse(decoder.decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls back with the catalog as soon as it is known and after every change, never twice for one
 * revision. Never throws: while the broker is away it tries again. `log` hears of what cannot be read.
 */
export function watchCatalog(
  broker: CatalogBroker,
  onChange: (catalog: Catalog, revision: number, published: PublishedCatalog) => void,
  log?: Log,
): Subscription {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let watch: Subscription | undefined;
  let bucket: Bucket | undefined;
  let seen = '';

  const take = (value: Uint8Array): void => {
    const text = decoder.decode(value);
    if (stopped || text === seen) return;
    seen = text;
    const published = decodeCatalog(value);
    if (published === undefined) {
      log?.error('the published catalog cannot be read; the last one stays in force');
      return;
    }
    onChange(published.catalog, published.revision, published);
  };
  const turn = async (): Promise<void> => {
    try {
      bucket ??= await broker.bucket(BUCKETS.catalog, HISTORY);
      const entry = await bucket.get(KEY);
      if (entry !== undefined) take(entry.value);
      if (stopped) return;
      watch ??= await bucket.watch(KEY, (change) => {
        if (change !== undefined) take(change.value);
      });
    } catch (error) {
      log?.debug({ err: error }, 'catalog not readable now; trying again');
      watch?.stop();
      watch = undefined;
      bucket = undefined;
    }
    if (stopped) watch?.stop();
    else timer = setTimeout(() => void turn(), READ_EVERY_MS);
  };
  void turn();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      watch?.stop();
    },
  };
}
