/**
 * A YAML file that remembers where each value stands, so that a schema's complaint can name the line.
 *
 * Fed by the CLI and each service's `config.ts`; all failures are ConfigError with file, line and hint.
 */
import { readFileSync } from 'node:fs';
import { isMap, isPair, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';

type Path = readonly PropertyKey[];

export interface YamlSource {
  readonly file: string;
  readonly data: unknown;
  /** Line (from 1) of the value at `path`; the nearest parent's where it does not exist. */
  readonly lineOf: (path: Path) => number;
  /** Of data that several files make up: the one that `path` stands in. */
  readonly fileOf?: (path: Path) => string;
}

/** Reads and parses a file. @throws ConfigError when unreadable or not YAML */
export function readYaml(file: string): YamlSource {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    const hint = code === 'ENOENT' ? 'write one with: ./kaiku init' : 'check its owner and permissions';
    throw new ConfigError(why, { file, line: 0 }, { hint, cause: error });
  }
  return parseYaml(text, file);
}

/** Parses text that stands in `file`. @throws ConfigError */
export function parseYaml(text: string, file: string): YamlSource {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = counter.linePos(problem.pos[0]).line;
    throw new ConfigError(
      problem.message,
      { file, line },
      { hint: 'YAML: check indentation, quotes and colons', cause: problem },
    );
  }
  return { file, data: document.toJS() as unknown, lineOf: (path) => lineOf(document, counter, path) };
}

function lineOf(document: Document.Parsed, counter: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(key));
      const start = rangeStart(pair?.key);
      if (start !== undefined) return counter.linePos(start).line;
    }
    const start = rangeStart(document.getIn(path.slice(0, length), true));
    if (start !== undefined) return counter.linePos(start).line;
  }
  return 1;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

/**
 * Parses the value at `at` with a schema and freezes it.
 * @throws ConfigError naming the first problem's line; unknown keys get the list of known ones
 */
export function parseAt<S extends z.ZodType>(source: YamlSource, schema: S, at: Path = []): z.output<S> {
  let value: unknown = source.data;
  for (const key of at) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  const parsed = schema.safeParse(value);
  if (parsed.success) return deepFreeze(parsed.data);
  const issue = parsed.error.issues[0];
  const extra = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const inner = [...at, ...(issue?.path ?? []), ...(extra === undefined ? [] : [extra])];
  const label = inner.map(String).join('.') || 'the file';
  const message =
    extra === undefined ? `${label}: ${issue?.message ?? 'is not valid'}` : `${label}: unknown key "${extra}"`;
  const hint =
    extra === undefined
      ? 'see the comments that ./kaiku init writes, or docs/configuration.md'
      : 'remove it or correct its spelling; docs/configuration.md lists the known keys';
  throw new ConfigError(message, { file: source.fileOf?.(inner) ?? source.file, line: source.lineOf(inner) }, { hint });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
