/**
 * The built-in template library: one readable YAML file a template in `templates/`, read once when
 * the module is loaded. A file that does not fit is a fault of the release and stops the process.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAt, readYaml } from '@kaiku/core';
import { templateSchema, type Template } from '../model/template.ts';

const FOLDER = join(import.meta.dirname, '../../templates');

function readLibrary(): ReadonlyMap<string, Template> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
  const templates = files.sort().map((file) => parseAt(readYaml(join(FOLDER, file)), templateSchema));
  return new Map(templates.map((template) => [template.id, template]));
}

/** Built-in templates by id, as written (inheritance not applied: see `resolveTemplate`). */
export const TEMPLATES: ReadonlyMap<string, Template> = readLibrary();
