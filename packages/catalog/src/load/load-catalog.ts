/**
 * Reads a catalog file: strict schema first, then the references between its parts. Every complaint
 * is a ConfigError with file, line and hint. Fed by the CLI (`up`, `apply`, `doctor`).
 */
import { parseAt, parseYaml, readYaml, type YamlSource } from '@kaiku/core';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { checkReferences } from './references.ts';

/** @throws ConfigError */
export function loadCatalog(file: string): Catalog {
  return fromSource(readYaml(file));
}

/** The same for text that stands in `file`. @throws ConfigError */
export function parseCatalog(text: string, file: string): Catalog {
  return fromSource(parseYaml(text, file));
}

function fromSource(source: YamlSource): Catalog {
  const catalog = parseAt(source, catalogSchema);
  checkReferences(catalog, source);
  return catalog;
}
