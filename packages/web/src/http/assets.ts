/** The files of public/, under an address that changes with their content and may be cached for ever. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Assets {
  readonly folder: string;
  /** `/static/<hash>` */
  readonly prefix: string;
}

const FOLDER = join(import.meta.dirname, '../../public');

export function readAssets(): Assets {
  const hash = createHash('sha256');
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.slice(FOLDER.length)).update(readFileSync(path));
  }
  return { folder: FOLDER, prefix: `/static/${hash.digest('hex').slice(0, 12)}` };
}
