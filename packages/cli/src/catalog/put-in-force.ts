/**
 * From checked catalog files to what is in force: secrets sealed, approval asked for, written into the log, and noted
 * on this machine, so that a restart of `kaiku up` repeats no file that was published before: somebody may have
 * applied other files since, or for a later time.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readYaml, type Broker, type Installation } from '@kaiku/core';
import type { Author, Catalog, Published, PublishedCatalog } from '@kaiku/catalog';
import { CommandError } from '../errors.ts';
import { author } from './installation.ts';
import { sealForAgents } from './sealing.ts';

export interface FileChange {
  readonly catalog: Catalog;
  readonly files: readonly string[];
  readonly reason: string;
  readonly effectiveAtMs?: number;
  /** Digest of what somebody was shown it against. */
  readonly planned?: string;
  /** Unless it is the account here. */
  readonly author?: Author;
  /** Number of the approved change this implements: nobody is asked again. */
  readonly change?: number;
}

/** @throws CommandError when somebody has to approve; BrokerError, ConflictError, ConfigError as `publishCatalog` */
export async function putInForce(
  broker: Broker,
  installation: Installation,
  { catalog, ...change }: FileChange,
): Promise<Published> {
  const { approvalReasons, publishCatalog } = await import('@kaiku/catalog');
  await inForceOrRestored(broker, installation);
  const sealed = await sealForAgents(installation, catalog, broker);
  const published = await publishCatalog(broker, sealed.catalog, {
    ...change,
    author: change.author ?? author(),
    allow: (inForce, operations) => {
      if (change.change === undefined) refuseUnapproved(approvalReasons(inForce, operations, catalog));
    },
  });
  await notePublished(installation, change.files);
  return published;
}

/**
 * What is in force. A broker without a catalog gets back what loggers on this machine archived of its log: the longest of their
 * archives, should they differ. @throws BrokerError
 */
export async function inForceOrRestored(
  broker: Broker,
  { dataDir }: Installation,
): Promise<PublishedCatalog | undefined> {
  const { readArchive, readPublishedCatalog, restoreLogs } = await import('@kaiku/catalog');
  const inForce = await readPublishedCatalog(broker);
  const folder = join(dataDir, 'logger');
  if (inForce !== undefined || !existsSync(folder)) return inForce;
  const archives = readdirSync(folder).map((name) => readArchive(join(folder, name, 'catalog-log.jsonl')));
  const entries = (logs: (typeof archives)[number]): number => logs.reduce((sum, log) => sum + log.entries.length, 0);
  await restoreLogs(broker, archives.sort((x, y) => entries(y) - entries(x))[0] ?? []);
  return readPublishedCatalog(broker);
}

/** @throws CommandError */
export function refuseUnapproved(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  throw new CommandError(`this needs somebody's approval: ${reasons.join('; ')}`, {
    hint: 'begin a change with: kaiku change new "why" FILES...',
  });
}

const noteFile = ({ dataDir }: Installation): string => join(dataDir, 'catalog', 'published.json');

/** What the installation's own files say. @throws ConfigError */
async function filesDigest({ catalogs }: Installation): Promise<string> {
  const { digestOf } = await import('@kaiku/catalog');
  return digestOf(catalogs.map((file) => readYaml(file).data));
}

/** Notes that the installation's own files went into the log, alone or with others. */
async function notePublished(installation: Installation, files: readonly string[]): Promise<void> {
  const applied = new Set(files.map((file) => resolve(file)));
  if (!installation.catalogs.every((file) => applied.has(file))) return;
  const file = noteFile(installation);
  mkdirSync(join(installation.dataDir, 'catalog'), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify({ digest: await filesDigest(installation) })}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Whether the installation's files say what they said when they last went into the log from here. */
export async function publishedBefore(installation: Installation): Promise<boolean> {
  try {
    const note = JSON.parse(readFileSync(noteFile(installation), 'utf8')) as { readonly digest?: unknown };
    return note.digest === (await filesDigest(installation));
  } catch {
    return false;
  }
}
