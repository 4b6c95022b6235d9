/**
 * From an installation to the files its nats-server reads: `<dataDir>/broker/nats.conf`, made at each
 * start, and `<broker.keys>/broker-users.conf`, made whenever keys change. The latter may be included
 * by a nats-server that runs elsewhere (deploy/nats.conf).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ConfigError, type Installation } from '@kaiku/core';
import type { Role } from '../commands/role.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { CommandError } from '../errors.ts';
import { brokerConfig, usersConfig } from './broker-config.ts';
import { roomForStreams } from './broker-room.ts';
import { CERT_FILE, KEY_FILE, renewWhenOld } from './certificates.ts';
import { TokenFolder } from '../enrol/token-folder.ts';
import { KeyFolder } from './key-folder.ts';
import type { KeyHolder } from './permissions.ts';
import { SealingKeys } from './sealing-keys.ts';

const USERS_FILE = 'broker-users.conf';

/** The command line's own key; the supervisor uses it as well. */
export const ADMIN: KeyHolder = { role: 'admin', name: 'cli' };

export const usesTls = ({ broker }: Installation): boolean => /^(?:tls|wss):/.test(broker.url);

/** Answers the configuration's path. @throws CommandError */
export async function writeBrokerFiles(listen: string, installation: Installation): Promise<string> {
  const dir = join(installation.dataDir, 'broker');
  mkdirSync(dir, { recursive: true });
  const { keys, websocket } = installation.broker;
  const file = join(dir, 'nats.conf');
  const users = writeUsers(installation);
  const storeDir = join(dir, 'jetstream');
  const text = brokerConfig({
    listen,
    websocket,
    storeDir,
    maxFileStore: roomForStreams(storeDir),
    tls: usesTls(installation) ? await tlsFiles(keys) : undefined,
    users: users === undefined ? undefined : relative(dir, users),
  });
  writeFileSync(file, text);
  return file;
}

async function tlsFiles(keys: string | undefined): Promise<{ cert: string; key: string }> {
  const hint = 'make one with: kaiku keys certificate; or put one of your own authority there';
  if (keys === undefined) {
    throw new CommandError('broker.url wants TLS, and there is no broker.keys folder with a certificate', { hint });
  }
  const files = { cert: join(keys, CERT_FILE), key: join(keys, KEY_FILE) };
  const missing = Object.values(files).find((file) => !existsSync(file));
  if (missing !== undefined) throw new CommandError(`broker.url wants TLS, and there is no ${missing}`, { hint });
  await renewWhenOld(keys);
  return files;
}

/** Answers the users' file; undefined where there are no keys: then everybody may do everything. */
export function writeUsers({ broker: { keys } }: Installation): string | undefined {
  if (keys === undefined) return undefined;
  const file = join(keys, USERS_FILE);
  writeFileSync(file, usersText(keys));
  return file;
}

const usersText = (keys: string): string => usersConfig(new KeyFolder(keys).list(), new TokenFolder(keys).guests());

/** Do the written users follow from the keys? */
export function usersAreCurrent({ broker: { keys } }: Installation): boolean {
  if (keys === undefined) return true;
  const file = join(keys, USERS_FILE);
  return existsSync(file) && readFileSync(file, 'utf8') === usersText(keys);
}

/** Whom the file names, and the command line. */
export function holdersOf({ entries }: CheckedInstallation): readonly KeyHolder[] {
  return [...entries.map(({ role, name }) => ({ role, name })), ADMIN];
}

/** Makes the keys that are missing of a file's parts. */
export function ensureKeys(checked: CheckedInstallation): void {
  const { keys } = checked.installation.broker;
  if (keys === undefined) return;
  const folder = new KeyFolder(keys);
  const sealing = new SealingKeys(keys);
  for (const holder of holdersOf(checked)) {
    if (!folder.has(holder)) folder.create(holder, { keepSeed: true });
    if (holder.role === 'agent' && existsSync(folder.seedFile(holder))) sealing.ensure(holder.name);
  }
  writeUsers(checked.installation);
}

/** @throws ConfigError when a part that is to run here has no key */
export function checkKeys(checked: CheckedInstallation, roles: readonly Role[]): void {
  const { installation, entries } = checked;
  const { keys } = installation.broker;
  if (keys === undefined) return;
  const folder = new KeyFolder(keys);
  const admin = { ...ADMIN, line: installation.source.lineOf(['broker', 'keys']) };
  // The supervisor speaks itself only to publish the catalog.
  const parts = [
    ...entries.filter(({ role }) => roles.includes(role)),
    ...(checked.catalog === undefined ? [] : [admin]),
  ];
  for (const { role, name, line } of parts) {
    if (existsSync(folder.seedFile({ role, name }))) continue;
    throw new ConfigError(
      `broker.keys: ${role} ${name} has no key in ${keys}`,
      { file: installation.source.file, line },
      { hint: `make one with kaiku keys add ${role} ${name}, or copy ${role}-${name}.nk here from where it was made` },
    );
  }
}
