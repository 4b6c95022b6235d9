/**
 * The files of public/, under an address that changes with their content and may be cached for ever. The style sheet is one
 * for the browser; in the tree it is in parts, joined here in the order of their numbers.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Assets {
  readonly folder: string;
  /** `/static/<hash>` */
  readonly prefix: string;
  /** The style sheet, `<prefix>/kaiku.css`. */
  readonly css: string;
}

const FOLDER = join(import.meta.dirname, '../../public');
const PARTS = join(FOLDER, 'css');

export function readAssets(): Assets {
  const hash = createHash('sha256');
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.slice(FOLDER.length)).update(readFileSync(path));
  }
  const parts = readdirSync(PARTS).sort();
  const css = parts.map((name) => readFileSync(join(PARTS, name), 'utf8')).join('\n');
  return { folder: FOLDER, prefix: `/static/${hash.digest('hex').slice(0, 12)}`, css };
}
