/**
 * Several catalog files as one: their lists put together, other parts from the one file that has them. Remembers
 * which file each entry stands in, so that a later complaint names the right place. Pure.
 */
import { ConfigError, type YamlSource } from '@kaiku/core';
import { identityOf } from '../change/operations.ts';
import { canonical } from '../change/canonical.ts';

interface Origin {
  readonly source: YamlSource;
  readonly index: number;
}

/** @throws ConfigError for an entry, or another part, that two files say: with both places */
export function mergeSources(sources: readonly YamlSource[]): YamlSource {
  const [first, ...more] = sources;
  if (first === undefined) throw new RangeError('no catalog file');
  if (more.length === 0) return first;
  const data: Record<string, unknown> = {};
  /** Where each entry of a list, or another part, stands. */
  const origins = new Map<string, Origin[]>();
  for (const source of sources) {
    for (const [part, value] of Object.entries(partsOf(source))) {
      const before = origins.get(part) ?? [];
      if (Array.isArray(value) && (data[part] === undefined || Array.isArray(data[part]))) {
        refuseTwice(part, before, { source, value });
        data[part] = [...((data[part] ?? []) as unknown[]), ...(value as unknown[])];
        origins.set(part, [...before, ...(value as unknown[]).map((_, index) => ({ source, index }))]);
      } else if (before[0] === undefined) {
        data[part] = value;
        origins.set(part, [{ source, index: -1 }]);
      } else if (canonical(data[part]) !== canonical(value)) {
        fail(part, { source, path: [part] }, { source: before[0].source, path: [part] });
      }
    }
  }
  const locate = (
    path: readonly PropertyKey[],
  ): { readonly source: YamlSource; readonly path: readonly PropertyKey[] } => {
    const [part, index, ...inner] = path;
    const of = origins.get(String(part)) ?? [];
    const origin = typeof index === 'number' ? of[index] : undefined;
    if (origin !== undefined && origin.index >= 0) {
      return { source: origin.source, path: [part ?? '', origin.index, ...inner] };
    }
    return { source: of[0]?.source ?? first, path };
  };
  const at = <T>(path: readonly PropertyKey[], read: (source: YamlSource, path: readonly PropertyKey[]) => T): T => {
    const place = locate(path);
    return read(place.source, place.path);
  };
  return {
    file: first.file,
    data,
    fileOf: (path) => at(path, ({ file }) => file),
    lineOf: (path) => at(path, (source, own) => source.lineOf(own)),
  };
}

function partsOf({ data, file }: YamlSource): Readonly<Record<string, unknown>> {
  if (data === null || data === undefined) return {};
  if (typeof data === 'object' && !Array.isArray(data)) return data as Readonly<Record<string, unknown>>;
  throw new ConfigError(
    'the file: must have parts such as devices:',
    { file, line: 1 },
    { hint: 'docs/configuration.md lists them' },
  );
}

interface Place {
  readonly source: YamlSource;
  readonly path: readonly PropertyKey[];
}

/** Entries of earlier files that this one has as well; twice in one file is `checkReferences`' to find. */
function refuseTwice(
  part: string,
  before: readonly Origin[],
  { source, value }: { source: YamlSource; value: unknown[] },
): void {
  const known = new Map(before.map((origin) => [identityOf(entryOf(origin, part)), origin]));
  value.forEach((entry, index) => {
    const origin = known.get(identityOf(entry));
    if (origin === undefined) return;
    fail(
      `${part}: "${identityOf(entry)}"`,
      { source, path: [part, index] },
      { source: origin.source, path: [part, origin.index] },
    );
  });
}

function entryOf({ source, index }: Origin, part: string): unknown {
  const list = partsOf(source)[part];
  return Array.isArray(list) ? list[index] : undefined;
}

function fail(what: string, here: Place, there: Place): never {
  throw new ConfigError(
    `${what} is already said in ${there.source.file}:${there.source.lineOf(there.path)}`,
    { file: here.source.file, line: here.source.lineOf(here.path) },
    { hint: 'keep one of the two' },
  );
}
