/**
 * Secrets of a catalog, sealed to the agents that need them before they leave this machine. Equal secrets for equal agents give
 * equal texts, by a key of this machine's own (`<dataDir>/catalog/sealing.key`): so a second apply changes nothing. An operator
 * on another machine, or one who lost that key, seals anew, which changes every secret's text once.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEALING_KEY_PATTERN, sealingPublicKey, type Broker, type Installation } from '@kaiku/core';
import type { Catalog } from '@kaiku/catalog';
import { BUCKETS } from '@kaiku/protocol';
import { CommandError } from '../errors.ts';
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
  const { agentNames, sealSecrets } = await import('@kaiku/catalog');
  const agents = folder === undefined ? [] : agentsWithKeys(folder);
  const open = new Set(agents.filter((name) => !keys.has(name)));
  const sealed = sealSecrets(catalog, { keys, secret: ownSecret(installation), open });
  const { withoutKey, leftOpen, lacking } = sealed;
  const here = new Set([...keys.keys(), ...agents, ...installation.agents.map(nameOf), ...(await claimed(broker))]);
  const unknown = agentNames(catalog).filter((name) => !here.has(name));
  const keyless = withoutKey.filter((name) => here.has(name));
  return {
    catalog: sealed.catalog,
    warnings: [
      ...(unknown.length === 0
        ? []
        : [
            `no agent has enrolled as ${some(unknown)}: what it is to measure is not observed, secrets are not sealed to it`,
          ]),
      ...(keyless.length === 0
        ? []
        : [`no sealing key is known here of ${some(keyless)}: secrets are not sealed to it until it enrols`]),
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

const nameOf = (entry: unknown): string =>
  typeof entry === 'object' && entry !== null && 'name' in entry ? String(entry.name) : '';

/** Names that somebody has spoken under, whoever gave them their key. @throws BrokerError */
const claimed = async (broker: Pick<Broker, 'bucket'>): Promise<readonly string[]> =>
  (await broker.bucket(BUCKETS.claim)).keys();

/** Those that `kaiku keys add` made have a key for the broker and none for secrets: they measure, and can open nothing. */
const agentsWithKeys = (folder: string): readonly string[] =>
  new KeyFolder(folder)
    .list()
    .filter(({ role }) => role === 'agent')
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

/** Made once; another command may be making it at this moment. @throws CommandError when it is damaged */
export function ownSecret({ dataDir }: Pick<Installation, 'dataDir'>): Uint8Array {
  const folder = join(dataDir, 'catalog');
  const file = join(folder, 'sealing.key');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, randomBytes(KEY_BYTES), { mode: 0o600 });
    try {
      linkSync(fresh, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(fresh);
    }
  }
  const secret = readFileSync(file);
  if (secret.length === KEY_BYTES) return secret;
  throw new CommandError(`${file} is damaged`, {
    hint: 'take it from a backup; or remove it, and each secret is sealed anew once',
  });
}
