// @ts-check
/**
 * Preloaded into every Node process of Kaiku (the launcher sets NODE_OPTIONS): a source file loses its types once and
 * is kept without them in `.kaiku/stripped/`. Node by itself does it anew at each start, with a WebAssembly program that
 * costs each process 28 MiB and two fifths of the processor time of its start.
 *
 * Kept under the sum of what the file holds, so nothing is ever stale, and with a sum behind it, so nothing torn is ever run.
 * Where the folder cannot be written or read, Node does what it always did. Lines and columns stay what they were.
 *
 * Run as a program, it fills the folder for services that may not write there (the launcher does, after installing).
 */
import { hash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = `${ROOT}.kaiku/stripped/${process.version}/`;
const MARK = '\n//';
const SUM_CHARS = 40;
let writable = true;

/** @param {string} file */
function kept(file) {
  try {
    const text = readFileSync(file, 'utf8');
    const end = text.length - SUM_CHARS;
    const code = text.slice(0, end - MARK.length);
    return text.slice(end) === hash('sha1', code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {string} code
 */
function keep(file, code) {
  const part = `${file}.${process.pid}.${threadId}`;
  try {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(part, `${code}${MARK}${hash('sha1', code)}`);
    renameSync(part, file);
  } catch {
    // A folder of somebody else, a full disk: not tried again in this process.
    writable = false;
    try {
      rmSync(part, { force: true });
    } catch {
      // There is no folder at all.
    }
  }
}

/**
 * The code of a source file without types; undefined where it was not kept and cannot be.
 * @param {string} path
 */
function stripped(path) {
  const source = readFileSync(path, 'utf8');
  const file = `${FOLDER}${hash('sha1', source)}`;
  const before = kept(file);
  if (before !== undefined || !writable) return before;
  const code = stripTypeScriptTypes(source);
  keep(file, code);
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${ROOT}.kaiku/stripped`, { recursive: true, force: true });
  for (const path of globSync('packages/*/src/**/*.ts', { cwd: ROOT })) {
    if (!path.endsWith('.test.ts') && !path.endsWith('.d.ts')) stripped(ROOT + path);
  }
} else {
  registerHooks({
    load(url, context, next) {
      const ours = url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');
      const source = ours ? stripped(fileURLToPath(url)) : undefined;
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
    },
  });
}
