/**
 * The last catalog on disk, so that people can sign in and read the stores when this server starts
 * while the broker is away. Only its owner may read the file: it holds password hashes and communities.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { catalogSchema, type Catalog } from '@kaiku/catalog';
import type { Log } from '@kaiku/core';
import { z } from 'zod';

const cacheSchema = z.object({ revision: z.number().int(), catalog: catalogSchema });

export interface CatalogCache {
  read(): { readonly catalog: Catalog; readonly revision: number } | undefined;
  /** Never throws: without the copy only such a start is poorer. */
  write(catalog: Catalog, revision: number): void;
}

export function catalogCache(file: string, log: Log): CatalogCache {
  return {
    read: () => {
      try {
        const parsed = cacheSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
        return parsed.success ? parsed.data : undefined;
      } catch {
        return undefined;
      }
    },
    write: (catalog, revision) => {
      const draft = `${file}.${process.pid}`;
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(draft, JSON.stringify({ revision, catalog }), { mode: 0o600 });
        renameSync(draft, file);
      } catch (error) {
        log.warn({ err: error, file }, 'the catalog could not be kept for a start without the broker');
      }
    },
  };
}
