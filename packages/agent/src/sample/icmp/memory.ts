/**
 * Keeps what was learnt of targets across restarts: one JSON file in the agent's folder, written whole and put in place by
 * renaming, once in a while and at the end. What is not asked for in this life stays in it. It is a memory, no truth: a file that is
 * damaged or of another version is begun anew, and one that cannot be written costs a warning.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log, Part } from '@kaiku/core';
import { z } from 'zod';

const SAVE_EVERY_MS = 600_000;
const MOST_FILE_BYTES = 64 * 1024 * 1024;

const fileSchema = z.strictObject({ v: z.literal(1), entries: z.record(z.string(), z.unknown()) });

export interface Memory<T> extends Part {
  /** What was known before the start, once; undefined: nothing that can be used. */
  recall(key: string): T | undefined;
  /** Only these are kept from now on. */
  keep(keys: ReadonlySet<string>): void;
}

export interface MemoryOptions<T> {
  readonly name: string;
  /** undefined: nothing is kept. */
  readonly file: string | undefined;
  readonly schema: z.ZodType<T>;
  /** Everything known now, by key. */
  readonly entries: () => Iterable<readonly [string, T]>;
  readonly log: Log;
}

export function createMemory<T>({ name, file, schema, entries, log }: MemoryOptions<T>): Memory<T> {
  let stored = new Map<string, unknown>();
  let wanted: ReadonlySet<string> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  const save = async (): Promise<void> => {
    if (file === undefined) return;
    const all = [...stored, ...entries()].filter(([key]) => wanted?.has(key) ?? true);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, JSON.stringify({ v: 1, entries: Object.fromEntries(all) }), { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch (error) {
      log.warn({ err: error, file }, `${name} could not be kept: they are learnt again after a restart`);
    }
  };

  return {
    name,
    recall: (key) => {
      const parsed = schema.safeParse(stored.get(key));
      stored.delete(key);
      return parsed.success ? parsed.data : undefined;
    },
    keep: (keys) => {
      wanted = keys;
    },
    start: async () => {
      if (file === undefined || timer !== undefined) return;
      stored = await read(file);
      timer = setInterval(() => {
        saving = saving.then(save);
      }, SAVE_EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      await saving;
      await save();
    },
  };
}

async function read(file: string): Promise<Map<string, unknown>> {
  try {
    if ((await stat(file)).size > MOST_FILE_BYTES) return new Map();
    return new Map(Object.entries(fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).entries));
  } catch {
    // Not there, or not what it was: learnt again.
    return new Map();
  }
}
