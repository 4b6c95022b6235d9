/**
 * An archive on disk. Every file is written beside its place, synced and renamed, manifests last: what has a
 * manifest is whole, what a broken run left behind is written over. Reading checks each file's hash.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchivePart } from '@kaiku/store';
import type { z } from 'zod';
import { CommandError, UsageError } from '../errors.ts';
import {
  MANIFEST_FILE,
  manifestSchema,
  ROOT_FILE,
  rootSchema,
  SERIES_DAY,
  VERSION,
  type ArchiveFile,
  type DayManifest,
} from './manifest.ts';

const DAY_NAME = /^\d{4}-\d{2}-\d{2}$/;

export class ArchiveFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder, or goes on with one. @throws UsageError when it is something else, or another store's */
  static async create(path: string, store: string): Promise<ArchiveFolder> {
    const folder = new ArchiveFolder(path);
    if (!existsSync(join(path, ROOT_FILE))) {
      if (existsSync(path) && readdirSync(path).length > 0) {
        throw new UsageError(`${path} is not empty and no archive`, {
          hint: 'name an empty or a new folder with --to',
        });
      }
      await mkdir(path, { recursive: true });
      const root = { format: 'kaiku-backup', v: VERSION, store, createdMs: Date.now() };
      await folder.#write(ROOT_FILE, Buffer.from(`${JSON.stringify(root, undefined, 2)}\n`));
      return folder;
    }
    const root = await folder.#root();
    if (root.store !== store) {
      throw new UsageError(`${path} is an archive of ${root.store}, not of ${store}`, {
        hint: 'name another folder with --to: two stores in one archive would write over each other',
      });
    }
    return folder;
  }

  /** @throws UsageError when there is no archive there */
  static async open(path: string): Promise<ArchiveFolder> {
    const folder = new ArchiveFolder(path);
    if (!existsSync(join(path, ROOT_FILE))) {
      throw new UsageError(`${path} is no archive: it has no ${ROOT_FILE}`, {
        hint: 'name the folder that was given to kaiku backup with --to',
      });
    }
    await folder.#root();
    return folder;
  }

  async #root(): Promise<z.infer<typeof rootSchema>> {
    const root = await this.#json(ROOT_FILE, rootSchema);
    if (root.v <= VERSION) return root;
    throw new CommandError(`${this.path} has format ${root.v}; this version of Kaiku reads up to ${VERSION}`, {
      hint: 'restore it with the version that wrote it, or a newer one',
    });
  }

  /** Whole days of the archive, ascending. */
  days(): readonly string[] {
    return readdirSync(this.path)
      .filter((name) => DAY_NAME.test(name) && existsSync(join(this.path, name, MANIFEST_FILE)))
      .toSorted();
  }

  /** Undefined where a day (or the series) has not been written whole. @throws CommandError when it is damaged */
  async manifest(day: string): Promise<DayManifest | undefined> {
    if (!existsSync(join(this.path, day, MANIFEST_FILE))) return undefined;
    const manifest = await this.#json(join(day, MANIFEST_FILE), manifestSchema);
    if (manifest.day === day) return manifest;
    throw damaged(join(this.path, day, MANIFEST_FILE), `it describes ${manifest.day}`);
  }

  /** Clears a day of what an earlier or a broken run left. */
  async beginDay(day: string): Promise<void> {
    // The manifest goes first: from here on the day is not whole.
    await rm(join(this.path, day, MANIFEST_FILE), { force: true });
    await rm(join(this.path, day), { recursive: true, force: true });
    await mkdir(join(this.path, day), { recursive: true });
  }

  async writePart(day: string, table: string, index: number, part: ArchivePart): Promise<ArchiveFile> {
    const file = `${table}-${String(index).padStart(4, '0')}.native.zst`;
    await this.#write(join(day, file), part.bytes);
    const { columns, rows, bytes } = part;
    return { file, table, columns: [...columns], rows, bytes: bytes.length, sha256: sha256(bytes) };
  }

  async writeManifest(manifest: DayManifest): Promise<void> {
    await this.#write(join(manifest.day, MANIFEST_FILE), Buffer.from(`${JSON.stringify(manifest)}\n`));
  }

  /** The bytes of one file, checked. @throws CommandError naming the file when it is missing or damaged */
  async readPart(day: string, { file, bytes, sha256: wanted }: ArchiveFile): Promise<Uint8Array> {
    const path = join(this.path, day, file);
    const found = await readFile(path).catch((error: unknown) => {
      throw damaged(path, error instanceof Error ? error.message : String(error));
    });
    if (found.length !== bytes) throw damaged(path, `it has ${found.length} of ${bytes} bytes`);
    if (sha256(found) !== wanted) throw damaged(path, 'its hash is not the one in the manifest');
    return found;
  }

  async #json<T>(name: string, schema: z.ZodType<T>): Promise<T> {
    const path = join(this.path, name);
    try {
      return schema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      throw damaged(path, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const beside = `${path}.part`;
    const file = await open(beside, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    const folder = await open(join(path, '..'), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** Days asked for and what has none, in the order of restoring. */
export const withSeries = (days: readonly string[]): readonly string[] => [SERIES_DAY, ...days];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function damaged(path: string, what: string): CommandError {
  return new CommandError(`${path} is damaged: ${what}`, {
    hint: 'run kaiku backup again on the same folder after removing its day, or restore the other days with --days',
  });
}
