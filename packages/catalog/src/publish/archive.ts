/**
 * The catalog's log kept outside the broker: each logger appends every entry it sees to a file of its own, a line of
 * JSON each, so that the history outlives a broker that lost its data. `restoreLogs` puts it back.
 *
 * A line that a power cut left unfinished is cut off at the next start; what it held comes again with the watch.
 * A disk that takes nothing costs the archive, never the logger: it is said once, and tried again with the next entry.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConflictError, type Log, type Part, type Subscription } from '@kaiku/core';
import { readEntryData, type LogEntry } from '../change/entry.ts';
import { NOTHING } from '../change/state.ts';
import {
  beginLog,
  keyOf,
  openCatalogBucket,
  readHead,
  writeCurrent,
  type CatalogBroker,
  type CatalogLog,
} from './catalog-log.ts';
import { advanced } from './current.ts';
import { decodeValue, encodeValue } from './value.ts';

const ENTRY_KEY = /^log\.([a-z0-9]+)\.(\d+)$/;
const RETRY_MS = 5000;

interface ArchiveOptions {
  readonly broker: CatalogBroker;
  readonly file: string;
  readonly log: Log;
}

export function catalogArchive({ broker, file, log }: ArchiveOptions): Part {
  let watch: Subscription | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let known: Set<string> | undefined;
  let failing = false;

  const keep = (key: string, value: Uint8Array): void => {
    const id = ENTRY_KEY.exec(key)?.[1];
    const entry = decodeValue(value);
    if (id === undefined || entry === undefined) return;
    try {
      known ??= openArchive(file);
      if (known.has(key)) return;
      appendFileSync(file, `${JSON.stringify({ log: id, entry })}\n`, { mode: 0o600 });
      known.add(key);
      failing = false;
    } catch (error) {
      if (!failing) log.error({ err: error, file }, 'the catalog’s log cannot be archived here');
      failing = true;
    }
  };
  const open = async (): Promise<void> => {
    try {
      const bucket = await openCatalogBucket(broker);
      const opened = await bucket.watch('log.>', (entry) => {
        if (entry !== undefined) keep(entry.key, entry.value);
      });
      if (stopped) opened.stop();
      else watch = opened;
    } catch (error) {
      log.debug({ err: error }, 'the catalog’s log is not readable now; trying again');
      if (!stopped) timer = setTimeout(() => void open(), RETRY_MS);
    }
  };
  return {
    name: 'catalog archive',
    start: () => {
      void open();
      return Promise.resolve();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      watch?.stop();
      return Promise.resolve();
    },
  };
}

/** Keys of what is archived already; whatever a power cut left unfinished is cut off. */
function openArchive(file: string): Set<string> {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return new Set();
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  return new Set(
    parseArchive(bytes.toString('utf8', 0, whole)).flatMap(({ id, entries }) =>
      entries.map(({ seq }) => keyOf(id, seq)),
    ),
  );
}

/** The logs in an archive, in the order they were begun; nothing where there is no file. */
export function readArchive(file: string): readonly CatalogLog[] {
  return existsSync(file) ? parseArchive(readFileSync(file, 'utf8')) : [];
}

function parseArchive(text: string): readonly CatalogLog[] {
  const logs = new Map<string, LogEntry[]>();
  for (const line of text.split('\n')) {
    const record = decodeValue(new TextEncoder().encode(line)) as { log?: unknown; entry?: unknown } | undefined;
    const entry = readEntryData(record?.entry);
    if (typeof record?.log !== 'string' || entry === undefined) continue;
    const entries = logs.get(record.log) ?? [];
    logs.set(record.log, entries);
    entries.push(entry);
  }
  return [...logs].map(([id, entries]) => ({ id, entries: unbroken(entries) }));
}

/** From the first entry on without a hole, each once. */
function unbroken(entries: readonly LogEntry[]): readonly LogEntry[] {
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  const out: LogEntry[] = [];
  for (let seq = 1, entry = bySeq.get(seq); entry !== undefined; seq += 1, entry = bySeq.get(seq)) out.push(entry);
  return out;
}

/**
 * Puts archived logs back where the broker lacks them. Where it has nothing at all, the last of them is in force again.
 * @throws BrokerError, ConflictError
 */
export async function restoreLogs(
  broker: CatalogBroker,
  logs: readonly CatalogLog[],
): Promise<{ readonly restored: number; readonly inForce: boolean }> {
  const bucket = await openCatalogBucket(broker);
  let restored = 0;
  for (const { id, entries } of logs) {
    for (const entry of entries) {
      try {
        await bucket.swap(keyOf(id, entry.seq), encodeValue(entry.raw), 0);
        restored += 1;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }
  const last = logs.at(-1);
  const head = await readHead(bucket);
  if (last === undefined || last.entries.length === 0 || head.currentRevision > 0) return { restored, inForce: false };
  if ((await beginLog(bucket, last.id)) !== last.id) return { restored, inForce: false };
  const current = advanced({ state: NOTHING, log: undefined }, last.id, last.entries);
  await writeCurrent(bucket, { ...current, currentRevision: 0, stale: true });
  return { restored, inForce: true };
}
