/**
 * The catalog on the broker: what is in force, put there by `kaiku up` and `kaiku apply` by way of the log, watched by
 * loggers, analyzers and web servers.
 *
 * Invariants: `revision` rises by one with every change that takes effect; the same content again writes
 * nothing; two writers at once never overwrite each other unseen (see catalog-log.ts).
 * A watcher survives the loss, the return and the emptying of the broker: it keeps the last catalog. What is scheduled takes
 * effect at a watcher by its own clock, also while the broker is away.
 */
import type { Bucket, Log, Subscription } from '@kaiku/core';
import type { Action, Author } from '../change/entry.ts';
import { applyOperations, catalogDigest, diffCatalogs, type Operation } from '../change/operations.ts';
import { inForceAt } from '../change/state.ts';
import { ChangeError } from '../errors.ts';
import { checkCatalog } from '../load/load-catalog.ts';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { appendToLog, CURRENT_KEY, openCatalogBucket, type CatalogBroker } from './catalog-log.ts';
import { decodeCurrent, publishedAt, type Current, type PublishedCatalog } from './current.ts';

/** A lost watch is noticed by reading again this often. */
const READ_EVERY_MS = 5000;
/** Longest sleep before a change that is due: timers end at 24 days, and clocks are corrected. */
const LONGEST_SLEEP_MS = 60_000;

export interface CatalogChange {
  readonly author: Author;
  readonly reason: string;
  /** Takes effect then; without it at once. */
  readonly effectiveAtMs?: number;
  /** Number of the change it implements. */
  readonly change?: number;
  readonly files?: readonly string[];
  /** `catalogDigest` of what it was planned against: if something else is in force by then, nothing is written. */
  readonly planned?: string;
  /** Called with what would change; throws to prevent it. */
  readonly allow?: (inForce: Catalog | undefined, operations: readonly Operation[]) => void;
}

export interface Published {
  /** In force, or of what it becomes later. */
  readonly revision: number;
  readonly changed: boolean;
  /** Number of the entry in the log, where one was written. */
  readonly entry?: number;
  /** It takes effect then, not now. */
  readonly effectiveAtMs?: number;
}

/**
 * Puts the catalog in force, now or later, unless it is already.
 * @returns the revision in force and whether it was written now
 * @throws ChangeError when it was planned against something else, BrokerError, ConflictError when others kept writing at the same time, ConfigError when a change that is
 * scheduled would not fit any more
 */
export async function publishCatalog(
  broker: CatalogBroker,
  catalog: Catalog,
  change: CatalogChange,
): Promise<Published> {
  const wanted = JSON.parse(JSON.stringify(catalog)) as Record<string, unknown>;
  const { head, entry } = await appendToLog(broker, change.author, ({ state }, nowMs): Action | undefined => {
    const atMs = Math.max(change.effectiveAtMs ?? nowMs, nowMs);
    const base = inForceAt(state, atMs);
    const { data } = base;
    if (change.planned !== undefined && change.planned !== catalogDigest(data)) {
      throw new ChangeError(
        `something else is in force than when this was planned: revision ${base.revision} of ${base.author}, "${base.reason}"`,
        { hint: 'nothing was written; look at it again with: kaiku plan' },
      );
    }
    const parsed = catalogSchema.safeParse(data);
    const operations = [...diffCatalogs(parsed.success ? plain(parsed.data) : data, wanted)];
    if (operations.length === 0) return undefined;
    change.allow?.(parsed.success ? parsed.data : undefined, operations);
    const later = atMs > nowMs;
    const after = applyOperations(data, operations);
    const pending = state.scheduled.filter(({ effectiveAtMs }) => effectiveAtMs > atMs);
    pending.reduce((before, { seq, operations: next }) => {
      const then = applyOperations(before, next);
      checkCatalog(then, `the catalog after scheduled entry ${seq} of the log`);
      return then;
    }, after);
    return {
      kind: 'applied',
      reason: change.reason,
      operations,
      files: [...(change.files ?? [])],
      ...(change.change === undefined ? {} : { change: change.change }),
      ...(later ? { effectiveAtMs: atMs } : { digest: catalogDigest(after) }),
    };
  });
  const { revision } = inForceAt(head.state, Date.now());
  if (entry === undefined) return { revision, changed: false };
  const later = entry.action.kind === 'applied' ? entry.action.effectiveAtMs : undefined;
  return { revision, changed: true, entry: entry.seq, ...(later === undefined ? {} : { effectiveAtMs: later }) };
}

const plain = (catalog: Catalog): Record<string, unknown> =>
  JSON.parse(JSON.stringify(catalog)) as Record<string, unknown>;

/** The catalog in force; undefined when none was published yet. @throws BrokerError */
export async function readPublishedCatalog(broker: CatalogBroker): Promise<PublishedCatalog | undefined> {
  const entry = await (await openCatalogBucket(broker)).get(CURRENT_KEY);
  const current = entry === undefined ? undefined : decodeCurrent(entry.value);
  return current === undefined ? undefined : publishedAt(current, Date.now());
}

/**
 * Calls back with the catalog as soon as it is known and after every change, never twice for one
 * state. Never throws: while the broker is away it tries again. `log` hears of what cannot be read.
 */
export function watchCatalog(
  broker: CatalogBroker,
  onChange: (catalog: Catalog, revision: number, published: PublishedCatalog) => void,
  log?: Log,
): Subscription {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let due: NodeJS.Timeout | undefined;
  let watch: Subscription | undefined;
  let bucket: Bucket | undefined;
  let seen: Uint8Array = new Uint8Array();
  let told = '';

  const tell = (current: Current): void => {
    clearTimeout(due);
    if (stopped) return;
    const nowMs = Date.now();
    const state = inForceAt(current.state, nowMs);
    const next = state.scheduled[0];
    if (next !== undefined) {
      const waitMs = Math.min(next.effectiveAtMs - nowMs, LONGEST_SLEEP_MS);
      due = setTimeout(() => tell(current), Math.max(waitMs, 1));
      due.unref();
    }
    const name = `${current.log?.id ?? ''}/${state.revision}/${state.atMs}`;
    if (name === told) return;
    const published = publishedAt(current, nowMs);
    if (published === undefined) {
      log?.error('the published catalog cannot be read; the last one stays in force');
      return;
    }
    told = name;
    const { laterKeys } = published;
    if (laterKeys !== undefined) {
      log?.warn({ keys: laterKeys.slice(0, 10) }, 'the catalog has keys of a later release, which are left aside here');
    }
    onChange(published.catalog, published.revision, published);
  };
  const take = (value: Uint8Array): void => {
    if (stopped || Buffer.compare(value, seen) === 0) return;
    seen = value;
    const current = decodeCurrent(value);
    if (current === undefined) log?.error('the published catalog cannot be read; the last one stays in force');
    else tell(current);
  };
  const turn = async (): Promise<void> => {
    try {
      bucket ??= await openCatalogBucket(broker);
      const entry = await bucket.get(CURRENT_KEY);
      if (entry !== undefined) take(entry.value);
      if (stopped) return;
      watch ??= await bucket.watch(CURRENT_KEY, (change) => {
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
      clearTimeout(due);
      watch?.stop();
    },
  };
}
