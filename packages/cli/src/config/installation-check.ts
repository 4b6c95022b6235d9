/**
 * Checks an installation file as a whole before anything starts: every role's section with its own
 * service's schema, names unique over all roles, references, the catalog file. Fed by `up`, `demo`,
 * `doctor` and `apply`; every failure is a ConfigError with file, line and remedy.
 */
import { existsSync } from 'node:fs';
import type { Catalog } from '@kaiku/catalog';
import {
  addressSchema,
  ConfigError,
  loadInstallation,
  readSection,
  type Installation,
  type RoleSection,
} from '@kaiku/core';
import type { z } from 'zod';
import type { Role } from '../commands/role.ts';

/** In the order of a start: what is downstream first. */
export const ROLE_ORDER = ['store', 'logger', 'analyzer', 'web', 'agent'] as const satisfies readonly Role[];

export const SECTION_OF: Readonly<Record<Role, RoleSection>> = {
  store: 'stores',
  logger: 'loggers',
  analyzer: 'analyzers',
  web: 'webs',
  agent: 'agents',
};

/** An address that an entry wants to listen on. */
export interface WantedAddress {
  readonly label: string;
  readonly address: string;
  readonly line: number;
}

export interface RoleEntry {
  readonly role: Role;
  readonly name: string;
  readonly line: number;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly addresses: readonly WantedAddress[];
}

export interface CheckedInstallation {
  readonly file: string;
  readonly installation: Installation;
  readonly entries: readonly RoleEntry[];
  readonly catalog: Catalog | undefined;
}

type EntrySchema = z.ZodType<{ readonly name: string }>;

const SCHEMAS: Readonly<Record<Role, () => Promise<EntrySchema>>> = {
  agent: async () => (await import('@kaiku/agent/config')).agentEntrySchema,
  logger: async () => (await import('@kaiku/logger/config')).loggerEntrySchema,
  store: async () => (await import('@kaiku/store/config')).storeEntrySchema,
  analyzer: async () => (await import('@kaiku/analyzer/config')).analyzerEntrySchema,
  web: async () => (await import('@kaiku/web/config')).webEntrySchema,
};

/**
 * @param catalogFiles instead of those that the file names
 * @throws ConfigError at the first problem
 */
export async function checkInstallation(
  file: string,
  catalogFiles: readonly string[] = [],
): Promise<CheckedInstallation> {
  const installation = loadInstallation(file);
  const entries: RoleEntry[] = [];
  for (const role of ROLE_ORDER) {
    if (installation[SECTION_OF[role]].length === 0) continue;
    const schema = await SCHEMAS[role]();
    readSection(installation, SECTION_OF[role], schema).forEach((entry, index) => {
      entries.push(roleEntry(installation, role, index, entry));
    });
  }
  checkNames(installation, entries);
  checkStores(installation, entries);
  return { file, installation, entries, catalog: await checkCatalog(installation, catalogFiles) };
}

function roleEntry(installation: Installation, role: Role, index: number, entry: { readonly name: string }): RoleEntry {
  const section = SECTION_OF[role];
  const values: Readonly<Record<string, unknown>> = { ...entry };
  const addresses = ['listen', 'health'].flatMap((key) => {
    const address = addressSchema.safeParse(values[key]);
    if (!address.success) return [];
    const line = installation.source.lineOf([section, index, key]);
    return [{ label: `${section}.${index}.${key}`, address: address.data, line }];
  });
  const line = installation.source.lineOf([section, index, 'name']);
  return { role, name: entry.name, line, entry: values, addresses };
}

/** Names become folder names, subjects and lines of logs: one name, one part. */
function checkNames(installation: Installation, entries: readonly RoleEntry[]): void {
  const seen = new Map<string, RoleEntry>();
  for (const entry of entries.toSorted((a, b) => a.line - b.line)) {
    const before = seen.get(entry.name);
    if (before !== undefined) {
      throw new ConfigError(
        `${SECTION_OF[entry.role]}: the name "${entry.name}" is already used by ${before.role === 'agent' || before.role === 'analyzer' ? 'an' : 'a'} ${before.role} on line ${before.line}`,
        { file: installation.source.file, line: entry.line },
        { hint: `give it a name of its own, e.g. ${entry.role}-${entry.name}` },
      );
    }
    seen.set(entry.name, entry);
  }
}

function checkStores(installation: Installation, entries: readonly RoleEntry[]): void {
  const stores = entries.filter((each) => each.role === 'store').map((each) => each.name);
  installation.loggers.forEach((_, index) => {
    const logger = entries.filter((each) => each.role === 'logger')[index];
    const store = logger?.entry['store'];
    if (typeof store !== 'string' || stores.includes(store)) return;
    throw new ConfigError(
      `loggers.${index}.store: there is no store "${store}"`,
      { file: installation.source.file, line: installation.source.lineOf(['loggers', index, 'store']) },
      { hint: stores.length === 0 ? 'add one under stores:' : `known: ${stores.join(', ')}` },
    );
  });
}

async function checkCatalog(installation: Installation, instead: readonly string[]): Promise<Catalog | undefined> {
  const files = instead.length > 0 ? instead : installation.catalogs;
  if (files.length === 0) return undefined;
  const missing = files.find((each) => !existsSync(each));
  if (missing !== undefined && instead.length === 0) {
    throw new ConfigError(
      `catalog: there is no file ${missing}`,
      { file: installation.source.file, line: installation.source.lineOf(['catalog']) },
      { hint: 'correct the path, which is relative to this file, or write one with: ./kaiku init' },
    );
  }
  const { loadCatalog } = await import('@kaiku/catalog');
  return loadCatalog(...files);
}
