/**
 * Secrets of a catalog, sealed to the agents that need them before they leave this machine. Equal secrets for equal agents give
 * equal texts, by a key of this machine's own (`<dataDir>/catalog/sealing.key`): so a second apply changes nothing. An operator
 * on another machine, or one who lost that key, seals anew, which changes every secret's text once.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEALING_KEY_PATTERN, sealFile, sealingPublicKey, type Broker, type Installation } from '@kaiku/core';
import type { Catalog } from '@kaiku/catalog';
import { readRecords } from '../enrol/agent-records.ts';
import { KeyFolder } from '../keys/key-folder.ts';

export interface SealedForAgents {
  readonly catalog: Catalog;
  /** What could not be sealed, for people. */
  readonly warnings: readonly string[];
}

const KEY_BYTES = 32;
const MOST_NAMED = 5;

/** @throws BrokerError */
export async function sealForAgents(
  installation: Installation,
  catalog: Catalog,
  broker: Pick<Broker, 'bucket'>,
): Promise<SealedForAgents> {
  // An operator elsewhere has no keys folder; what the appliances said when they enrolled is on the broker.
  const enrolled = [...(await readRecords(broker)).values()].map(
    ({ agent, sealingKey }) => [agent, sealingKey] as const,
  );
  const keys = new Map([...enrolled, ...sealingKeys(installation)]);
  const folder = installation.broker.keys;
  // Without keys at all nobody is told from anybody: the whole installation is open.
  if (folder === undefined && keys.size === 0) return { catalog, warnings: [] };
  const { sealSecrets } = await import('@kaiku/catalog');
  const open = new Set(folder === undefined ? [] : agentsOfBefore(folder));
  const sealed = sealSecrets(catalog, { keys, secret: ownSecret(installation), open });
  const { withoutKey, leftOpen, lacking } = sealed;
  return {
    catalog: sealed.catalog,
    warnings: [
      ...(withoutKey.length === 0
        ? []
        : [`has not enrolled, so secrets are sealed to nobody for it: ${some(withoutKey)} (afterwards: kaiku apply)`]),
      ...(leftOpen.length === 0
        ? []
        : [`has no sealing key, so secrets stay in plain text for it: ${some(leftOpen)} (enrol it with --replace)`]),
      ...(lacking.length === 0 ? [] : [`sealed before, and not to all agents that need it now: ${some(lacking)}`]),
    ],
  };
}

const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

/** Agents that `kaiku keys add` gave a broker key and nothing else: they measure, and can open nothing. */
const agentsOfBefore = (folder: string): readonly string[] =>
  new KeyFolder(folder)
    .list()
    .filter(({ role, name }) => role === 'agent' && !existsSync(`${sealFile(folder, name)}.pub`))
    .map(({ name }) => name);

const FILE = /^agent-([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.seal(\.pub)?$/;

/** Public sealing keys by agent, of those this machine knows. */
export function sealingKeys({ broker }: Pick<Installation, 'broker'>): ReadonlyMap<string, string> {
  const folder = broker.keys;
  if (folder === undefined || !existsSync(folder)) return new Map();
  const keys = readdirSync(folder).flatMap((file): [string, string][] => {
    const [, agent, isPublic] = FILE.exec(file) ?? [];
    if (agent === undefined) return [];
    const text = readFileSync(join(folder, file), 'utf8').trim();
    if (!SEALING_KEY_PATTERN.test(text)) return [];
    return [[agent, isPublic === undefined ? sealingPublicKey(text) : text]];
  });
  return new Map(keys);
}

function ownSecret({ dataDir }: Installation): Uint8Array {
  const folder = join(dataDir, 'catalog');
  const file = join(folder, 'sealing.key');
  if (existsSync(file)) return readFileSync(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = randomBytes(KEY_BYTES);
  writeFileSync(file, secret, { mode: 0o600, flag: 'wx' });
  return secret;
}
