/** What commands on the catalog have in common: the files meant, the broker, who acts. */
import { userInfo } from 'node:os';
import type { Broker } from '@kaiku/core';
import type { Author, Catalog } from '@kaiku/catalog';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { readSecret } from './read-secret.ts';

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

/**
 * Who acts, as the log shall have it: the user of the catalog in force whose password was given, else the account here.
 * @throws CommandError for a wrong name or password, or one who may only look; BrokerError
 */
export async function signedIn(broker: Broker, user: string | undefined): Promise<Author> {
  const account = author();
  if (user === undefined) return account;
  const { authenticate, readPublishedCatalog } = await import('@kaiku/catalog');
  const inForce = await readPublishedCatalog(broker);
  if (inForce === undefined) throw new CommandError('no catalog is in force, so nobody can sign in');
  const found = await authenticate(inForce.catalog, user, await readSecret(`password of ${user}`));
  if (found === undefined) {
    throw new CommandError(`there is no user "${user}" with this password`, {
      hint: 'users and passwords are those of the portal, by the catalog in force',
    });
  }
  if (found.role === 'viewer') throw new CommandError(`"${user}" is a viewer and may not change the catalog`);
  return { name: found.name, account };
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
