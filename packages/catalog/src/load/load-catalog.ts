/**
 * Reads catalog files: strict schema first, then the references between its parts. Every complaint
 * is a ConfigError with file, line and hint. Fed by the CLI (`up`, `plan`, `apply`, `doctor`).
 */
import { ConfigError, parseAt, parseYaml, readYaml, type YamlSource } from '@kaiku/core';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { mergeSources } from './merge.ts';
import { checkReferences } from './references.ts';

/** One catalog of one or several files. @throws ConfigError */
export function loadCatalog(...files: readonly string[]): Catalog {
  return fromSource(mergeSources(files.map((file) => readFile(file))));
}

function readFile(file: string): YamlSource {
  if (!/\.csv$/i.test(file)) return readYaml(file);
  const hint = `kaiku import ${file} --out devices.yaml makes one of it`;
  throw new ConfigError('is a table, not a catalog file', { file, line: 0 }, { hint });
}

/** The same for text that stands in `file`. @throws ConfigError */
export function parseCatalog(text: string, file: string): Catalog {
  return fromSource(parseYaml(text, file));
}

/** The same for a catalog as JSON that stands in no file. @throws ConfigError naming `where`, with the line 0 */
export function checkCatalog(data: unknown, where: string): Catalog {
  return fromSource({ file: where, data, lineOf: () => 0 });
}

function fromSource(source: YamlSource): Catalog {
  const catalog = parseAt(source, catalogSchema);
  checkReferences(catalog, source);
  return catalog;
}
