/** MIB files and folders from the disk, parsed and compiled. Files that are no MIBs (licences, scripts) are passed over in folders. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MibError } from '../errors.ts';
import { compileMibs, type Compilation } from './compile.ts';
import { parseMib } from './parser.ts';

const MOST_FILES = 20_000;
const HEAD = /\bDEFINITIONS\b[^]*?::=\s*BEGIN\b/;

/** @throws MibError when a named file cannot be read */
export function compileFiles(paths: readonly string[]): Compilation {
  const parsed = paths.flatMap((path) => {
    const folder = isFolder(path);
    return (folder ? filesOf(path) : [path]).flatMap((file) => {
      const text = readText(file);
      return folder && !HEAD.test(text.slice(0, 65_536)) ? [] : [parseMib(text, file)];
    });
  });
  const { mibs, problems } = compileMibs(parsed.flatMap(({ modules }) => modules));
  return { mibs, problems: [...parsed.flatMap((file) => file.problems), ...problems] };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new MibError(`${path} cannot be read`, { hint: 'name a MIB file, or a folder of them', cause: error });
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .slice(0, MOST_FILES);
}

/** Old files are Latin-1; names and what is needed are ASCII in any case. */
function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    const text = bytes.toString('utf8');
    return text.includes('\ufffd') ? bytes.toString('latin1') : text;
  } catch (error) {
    throw new MibError(`${file} cannot be read`, { hint: 'check its path and permissions', cause: error });
  }
}
