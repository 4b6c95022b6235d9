/** What commands on the catalog have in common: the files meant, the broker, who acts. */
import { userInfo } from 'node:os';
import type { Broker } from '@kaiku/core';
import type { Catalog } from '@kaiku/catalog';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';

const CONNECT_MS = 5000;
export const MOST_FILES = 100;

/** Who runs this command, for the catalog's history: behind sudo the person, not root. */
export function author(): string {
  try {
    const { username } = userInfo();
    const behind = process.env['SUDO_USER'] ?? '';
    return username === 'root' && behind !== '' ? behind : username;
  } catch {
    return 'operator';
  }
}

export interface WantedCatalog {
  readonly checked: CheckedInstallation;
  readonly catalog: Catalog;
  readonly files: readonly string[];
}

/** The catalog of the files named, else of those the installation names. @throws UsageError, ConfigError */
export async function wantedCatalog(config: string, named: readonly string[]): Promise<WantedCatalog> {
  const checked = await checkInstallation(config, named);
  if (checked.catalog === undefined) {
    throw new UsageError(`${checked.file} names no catalog`, { hint: 'add the line: catalog: catalog.yaml' });
  }
  const files = named.length > 0 ? named : checked.installation.catalogs;
  return { checked, catalog: checked.catalog, files };
}

/** Runs with a connection to the installation's broker. @throws CommandError when it does not answer */
export async function withBroker<T>(
  { installation }: Pick<CheckedInstallation, 'installation'>,
  run: (broker: Broker) => Promise<T>,
): Promise<T> {
  const { connectWithin } = await import('../status/collect.ts');
  const broker = await connectWithin(installation, CONNECT_MS);
  if (broker === undefined) {
    throw new CommandError(`the broker does not answer at ${installation.broker.url}`, {
      hint: 'start it with kaiku up, or correct broker.url',
    });
  }
  try {
    return await run(broker);
  } finally {
    await broker.close();
  }
}
