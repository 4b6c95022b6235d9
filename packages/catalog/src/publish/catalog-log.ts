/**
 * The catalog's log in the broker's bucket: an entry a key, `log.<id>.<seq>`, written once and never again. `<id>`
 * names the log: a broker that lost its data begins another one, and what loggers archived of the first can be put
 * back beside it.
 *
 * An entry counts once its key is created; that is the one moment at which two writers can meet, and there only one of
 * them succeeds. `current` is written afterwards. Whoever dies between the two leaves a `current` that lags the log:
 * the next writer finds the entries behind it and goes on from there.
 */
import { randomBytes } from 'node:crypto';
import { ConflictError, type Broker, type Bucket } from '@kaiku/core';
import { BUCKETS } from '@kaiku/protocol';
import {
  entryAfter,
  LOG_START,
  readEntryData,
  type Action,
  type Author,
  type LogEntry,
  type LogPosition,
} from '../change/entry.ts';
import { diffCatalogs } from '../change/operations.ts';
import { NOTHING, type CatalogState } from '../change/state.ts';
import { advanced, decodeCurrent, encodeCurrent, type Current } from './current.ts';
import { decodeValue, encodeValue } from './value.ts';

export type CatalogBroker = Pick<Broker, 'bucket'>;

export const CURRENT_KEY = 'current';
/** Names the log that is written; created once, so that two first writers do not begin two. */
const LOG_KEY = 'log-id';
/** Of `current` alone; entries have one version each. 64 is the most a bucket can. */
const HISTORY = 64;
/** Entries asked for at a time: behind `current` there are few, in a log that is replayed many. */
const LOOK_AHEAD = 16;
const TRIES = 8;

export const openCatalogBucket = (broker: CatalogBroker): Promise<Bucket> => broker.bucket(BUCKETS.catalog, HISTORY);

export const keyOf = (id: string, seq: number): string => `log.${id}.${seq}`;

/** Where the log ends, what is in force there, and whether `current` says so. */
export interface Head extends Current {
  /** Of the key `current`, for the compare-and-swap; 0 when it is absent. */
  readonly currentRevision: number;
  /** `current` lags the log, or is absent or unreadable. */
  readonly stale: boolean;
}

/** @throws BrokerError */
export async function readHead(bucket: Bucket): Promise<Head> {
  const entry = await bucket.get(CURRENT_KEY);
  const current = entry === undefined ? undefined : decodeCurrent(entry.value);
  const currentRevision = entry?.revision ?? 0;
  const id = current?.log?.id ?? (await readLogId(bucket));
  if (id === undefined) {
    return { ...(current ?? { state: NOTHING, log: undefined }), currentRevision, stale: current === undefined };
  }
  // A `current` without a place in the log was written by the release before: the log that is there begins with it.
  const base: Current = current?.log === undefined ? { state: NOTHING, log: undefined } : current;
  const entries = await entriesAfter(bucket, id, base.log ?? LOG_START);
  if (entries.length === 0 && base.log === undefined) {
    return { state: current?.state ?? NOTHING, log: undefined, currentRevision, stale: current === undefined };
  }
  const changes = entries.some(({ action }) => action.kind === 'applied' || action.kind === 'cancelled');
  return { ...advanced(base, id, entries), currentRevision, stale: base.log === undefined || changes };
}

async function readLogId(bucket: Bucket): Promise<string | undefined> {
  const entry = await bucket.get(LOG_KEY);
  return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
}

async function entriesAfter(bucket: Bucket, id: string, { seq }: LogPosition): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let from = seq + 1; ; from += LOOK_AHEAD) {
    const keys = Array.from({ length: LOOK_AHEAD }, (_, index) => keyOf(id, from + index));
    for (const entry of await Promise.all(keys.map((key) => readEntry(bucket, key)))) {
      if (entry === undefined) return entries;
      entries.push(entry);
    }
  }
}

async function readEntry(bucket: Bucket, key: string): Promise<LogEntry | undefined> {
  const entry = await bucket.get(key);
  return entry === undefined ? undefined : readEntryData(decodeValue(entry.value));
}

/** What is to be written; undefined: nothing, after all. Called again with a new head when somebody else was faster. */
type Decide = (head: Head, nowMs: number) => Promise<Action | undefined> | Action | undefined;

export interface Appended {
  readonly head: Head;
  /** The entry that was written. */
  readonly entry: LogEntry | undefined;
}

/**
 * Writes what `decide` says behind the end of the log, and `current` where something changed.
 * @throws BrokerError, ConflictError when others kept writing at the same time; whatever `decide` throws
 */
export async function appendToLog(broker: CatalogBroker, author: Author, decide: Decide): Promise<Appended> {
  const bucket = await openCatalogBucket(broker);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const head = await readHead(bucket);
      const nowMs = Math.max(Date.now(), head.log?.atMs ?? 0);
      const action = await decide(head, nowMs);
      if (action === undefined) {
        if (head.stale && head.state.revision > 0) await writeCurrent(bucket, head);
        return { head, entry: undefined };
      }
      return await append(bucket, head, author, action, nowMs);
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === TRIES) throw error;
    }
  }
}

async function append(bucket: Bucket, head: Head, author: Author, action: Action, nowMs: number): Promise<Appended> {
  const id = head.log?.id ?? (await beginLog(bucket));
  const before: LogPosition = head.log ?? (await takeOver(bucket, id, head.state)) ?? LOG_START;
  const entry = entryAfter(before, { author, atMs: nowMs, action });
  await bucket.swap(keyOf(id, entry.seq), encodeValue(entry.raw), 0);
  const written: Head = { ...head, ...advanced({ state: head.state, log: undefined }, id, [entry]) };
  if (head.stale || action.kind === 'applied' || action.kind === 'cancelled') await writeCurrent(bucket, written);
  return { head: written, entry };
}

/** Answers the name of the log that is written: `id`, or another where one was begun before. @throws ConflictError */
export async function beginLog(bucket: Bucket, id = newLogId()): Promise<string> {
  const known = await readLogId(bucket);
  if (known !== undefined) return known;
  await bucket.swap(LOG_KEY, new TextEncoder().encode(id), 0);
  return id;
}

const newLogId = (): string => `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;

/** The first entry of a log that begins with what the release before had put in force. */
async function takeOver(bucket: Bucket, id: string, state: CatalogState): Promise<LogPosition | undefined> {
  if (state.revision === 0) return undefined;
  const { author, reason, atMs, data, revision } = state;
  const operations = [...diffCatalogs({}, data)];
  const action: Action = { kind: 'applied', reason, operations, files: [], revisionsBefore: revision - 1 };
  const entry = entryAfter(LOG_START, { author: author || 'unknown', atMs, action });
  await bucket.swap(keyOf(id, entry.seq), encodeValue(entry.raw), 0);
  return advanced({ state: NOTHING, log: undefined }, id, [entry]).log;
}

/** Somebody else's newer `current` stays. */
export async function writeCurrent(bucket: Bucket, head: Head): Promise<void> {
  let { currentRevision } = head;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bucket.swap(CURRENT_KEY, encodeCurrent(head), currentRevision);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === TRIES) throw error;
      const entry = await bucket.get(CURRENT_KEY);
      const there = entry === undefined ? undefined : decodeCurrent(entry.value);
      if (there?.log !== undefined && there.log.id === head.log?.id && there.log.seq >= head.log.seq) return;
      currentRevision = entry?.revision ?? 0;
    }
  }
}

/** The entries of the log that is written, from the first. @throws BrokerError */
export async function readCurrentLog(broker: CatalogBroker): Promise<readonly LogEntry[]> {
  const bucket = await openCatalogBucket(broker);
  const { log } = await readHead(bucket);
  return log === undefined ? [] : entriesAfter(bucket, log.id, LOG_START);
}

/** The newest entries behind a head, in order. @throws BrokerError */
export async function readRecentEntries(bucket: Bucket, { log }: Head, count: number): Promise<readonly LogEntry[]> {
  if (log === undefined) return [];
  return entriesAfter(bucket, log.id, { ...LOG_START, seq: Math.max(0, log.seq - count) });
}

export interface CatalogLog {
  readonly id: string;
  readonly entries: readonly LogEntry[];
}

/** All logs the broker has, the one that is written last. @throws BrokerError */
export async function readCatalogLogs(broker: CatalogBroker): Promise<readonly CatalogLog[]> {
  const bucket = await openCatalogBucket(broker);
  const head = await readHead(bucket);
  const ids = new Set((await bucket.keys()).flatMap((key) => /^log\.([a-z0-9]+)\.\d+$/.exec(key)?.[1] ?? []));
  const logs = await Promise.all(
    [...ids].map(async (id) => ({ id, entries: await entriesAfter(bucket, id, LOG_START) })),
  );
  const order = (log: CatalogLog): number => (log.id === head.log?.id ? Infinity : (log.entries[0]?.atMs ?? 0));
  return logs.sort((a, b) => order(a) - order(b));
}
