/**
 * The built-in template library: one readable YAML file a template in `templates/`, named like its id. A file is
 * read when its template is first asked for: most processes need a few of them, many none. A file that does not fit
 * is a fault of the release and throws.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, parseAt, readYaml } from '@kaiku/core';
import { templateSchema, type Template } from '../model/template.ts';

const FOLDER = join(import.meta.dirname, '../../templates');
const SUFFIX = '.yaml';

const read = new Map<string, Template>();
let ids: ReadonlySet<string> | undefined;

/** Ids of the built-in templates, sorted. */
export function builtInIds(): ReadonlySet<string> {
  ids ??= new Set(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .sort(),
  );
  return ids;
}

/** A built-in template as written (inheritance not applied: see `resolveTemplate`); undefined for an unknown id. */
export function builtInTemplate(id: string): Template | undefined {
  const known = read.get(id);
  if (known !== undefined || !builtInIds().has(id)) return known;
  const file = join(FOLDER, `${id}${SUFFIX}`);
  const template = parseAt(readYaml(file), templateSchema);
  if (template.id !== id) {
    throw new ConfigError(`id: is "${template.id}"`, { file, line: 1 }, { hint: `call the file ${template.id}.yaml` });
  }
  read.set(id, template);
  return template;
}
