/** Where the broker's sites are and as whom a process speaks there: from the installation file to a connection. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from '../config/installation.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../run/log.ts';

/** Trouble of a broker that is there and does not know this part's key. */
export const KEY_REFUSED = 'it refuses this key';

/** Who may have a key: the processes' roles, and `admin` for people at the command line. */
export type KeyRole = 'agent' | 'logger' | 'store' | 'analyzer' | 'web' | 'admin';

/** How to reach the broker. */
export interface BrokerPlace {
  readonly url: string;
  /** Further sites, independent of the first; tried in this order. */
  readonly more?: readonly string[];
  /** Shown in the server's connection list. */
  readonly name: string;
  /** File with the nkey seed to prove who this is; read again at every connection. */
  readonly seedFile?: string;
  /** Certificate authority (PEM) that signed the brokers' certificates, when it is not a public one. */
  readonly caFile?: string;
  /** Answers to this process come here, so that permissions can confine them. */
  readonly inboxPrefix?: string;
  /** Brings the catalog to a site that returns without it (default true): not for those who may only read it. */
  readonly mends?: boolean;
}

export interface BrokerOptions extends BrokerPlace {
  readonly log: Log;
  /** How long a site may be silent before its connection is given up, 8 s. */
  readonly patienceMs?: number;
  /** Ends the wait for the first connection. */
  readonly signal?: AbortSignal;
}

/** File of a key below the folder `broker.keys`. */
export function keyFile(folder: string, role: KeyRole, name: string): string {
  return join(folder, `${role}-${name}.nk`);
}

/** File of an agent's private sealing key below the folder `broker.keys`. */
export const sealFile = (folder: string, agent: string): string => join(folder, `agent-${agent}.seal`);

/** An agent's private sealing key; undefined where there is none: its appliance was not enrolled. */
export function readSealingKey({ broker }: Pick<Installation, 'broker'>, agent: string): string | undefined {
  if (broker.keys === undefined) return undefined;
  const file = sealFile(broker.keys, agent);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** What `Broker.connect` needs to know of an installation. @throws ConfigError when a key is configured but missing */
export function brokerOptions({ broker, source }: Installation, role: KeyRole, name: string): BrokerPlace {
  const missing = (what: string, key: string, hint: string): ConfigError =>
    new ConfigError(what, { file: source.file, line: source.lineOf(['broker', key]) }, { hint });
  const seedFile = broker.keys === undefined ? undefined : keyFile(broker.keys, role, name);
  if (seedFile !== undefined && !existsSync(seedFile)) {
    throw missing(
      `broker.keys: there is no ${seedFile}`,
      'keys',
      `make it with \`kaiku keys add ${role} ${name}\`, or copy it here from where it was made`,
    );
  }
  if (broker.ca !== undefined && !existsSync(broker.ca)) {
    throw missing(`broker.ca: there is no ${broker.ca}`, 'ca', 'copy the authority certificate (PEM) here');
  }
  return {
    url: broker.url,
    more: broker.more,
    name: `${role} ${name}`,
    inboxPrefix: `_INBOX_${role}-${name}`,
    mends: role === 'admin',
    ...(seedFile === undefined ? {} : { seedFile }),
    ...(broker.ca === undefined ? {} : { caFile: broker.ca }),
  };
}
