/**
 * Compiled MIBs for a process that runs for months: read without holding up what else it does, read again when the file has
 * changed. No file is no trouble: nothing is named then. Fed by `kaiku mib compile`; feeds the portal's events.
 */
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { MibError } from '../errors.ts';
import { parseCompiled, type CompiledMibs, type CompiledNode } from './compiled.ts';
import { openMibs, type Mibs } from './lookup.ts';

const LOOK_EVERY_MS = 30_000;
/** Lines read at once: some ms. */
const LINES = 2000;

export interface MibBook {
  /** What was read last; undefined when there is nothing, or not yet. Looks after the file now and then. */
  current(): Mibs | undefined;
  /** Looks after the file now. */
  look(): Promise<void>;
}

export interface MibBookOptions {
  readonly file: string;
  readonly onRead: (names: number) => void;
  /** Once for each state of the file; what was read before stays. */
  readonly onProblem: (error: MibError) => void;
  readonly now?: () => number;
}

export function mibBook({ file, onRead, onProblem, now = Date.now }: MibBookOptions): MibBook {
  let mibs: Mibs | undefined;
  let seen = '';
  let lookedMs = -Infinity;
  let looking: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const found = await stat(file).catch(() => undefined);
    const state = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (state === seen) return;
    seen = state;
    if (found === undefined) {
      mibs = undefined;
      return;
    }
    try {
      const compiled = await loadCompiled(file);
      mibs = openMibs(compiled);
      onRead(compiled.nodes.length);
    } catch (error) {
      if (!(error instanceof MibError)) throw error;
      onProblem(error);
    }
  };
  const look = (): Promise<void> => {
    lookedMs = now();
    looking ??= read().finally(() => (looking = undefined));
    return looking;
  };
  return {
    look,
    current: () => {
      if (now() - lookedMs > LOOK_EVERY_MS) void look();
      return mibs;
    },
  };
}

/**
 * A compiled file without what naming events does not need. It has a node a line: a large one is read in portions.
 * @throws MibError
 */
export async function loadCompiled(file: string): Promise<CompiledMibs> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MibError(`${file} cannot be read`, { hint: 'check its permissions', cause });
  });
  const lines = text.trimEnd().split('\n');
  const [head = '', ...rest] = lines;
  // Written by something else, then: all at once.
  if (!head.endsWith('"nodes":[') || rest.pop() !== ']}') return parseCompiled(text, file);
  const nodes: CompiledNode[] = [];
  for (let at = 0; at < rest.length; at += LINES) {
    const portion = rest
      .slice(at, at + LINES)
      .join('')
      .replace(/,$/, '');
    nodes.push(...parseCompiled(`${head}${portion}]}`, file).nodes.map(light));
    await breathe();
  }
  return { ...parseCompiled(`${head}]}`, file), nodes };
}

function light({ access: _access, index: _index, objects: _objects, text, ...node }: CompiledNode): CompiledNode {
  return node.kind === 'notification' && text !== undefined ? { ...node, text } : node;
}
