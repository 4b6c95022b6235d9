/**
 * The SNMP accesses a discovery tries: those of a file, then those the catalog's devices have, the most frequent first.
 *
 * Each line of the file is a community, or an access as a device of the catalog has it, in braces:
 * `{ version: "3", user: kaiku, auth: { protocol: sha256, password: … } }`. Lines that begin with # say nothing.
 */
import { readFileSync } from 'node:fs';
import { describeError, isSealed, parseAt, parseYaml, recipientsOf, sealText, type Recipient } from '@kaiku/core';
import { snmpAccessSchema, type Catalog, type SnmpAccess } from '@kaiku/catalog';
import { CommandError, UsageError } from '../errors.ts';

const MOST = 20;

/**
 * @param agent who is to use them: what is sealed to others only is left out; undefined: this machine, which opens none
 * @throws UsageError, CommandError, ConfigError
 */
export function accessesToTry(
  catalog: Pick<Catalog, 'devices'>,
  file: string | undefined,
  port: number,
  agent: string | undefined,
): readonly SnmpAccess[] {
  const named = file === undefined ? [] : accessesOf(file, port);
  const counted = new Map<string, { readonly access: SnmpAccess; count: number }>();
  for (const { snmp } of catalog.devices) {
    if (snmp === undefined) continue;
    const key = JSON.stringify(snmp);
    const entry = counted.get(key) ?? { access: snmp, count: 0 };
    entry.count += 1;
    counted.set(key, entry);
  }
  const used = [...counted.values()].toSorted((a, b) => b.count - a.count).map(({ access }) => access);
  const all = new Map([...named, ...used].map((access) => [JSON.stringify(access), access]));
  if (all.size === 0) {
    throw new UsageError('discover: no SNMP access is known', {
      hint: 'name a file with a community on each line: --community-file FILE',
    });
  }
  const open = [...all.values()].filter((access) => opens(access, agent));
  if (open.length === 0) {
    throw new UsageError(`discover: every SNMP access is sealed, and none to ${agent ?? 'this machine'}`, {
      hint: 'name a file with what to use there: --community-file FILE',
    });
  }
  return open.slice(0, MOST);
}

function opens({ community, auth, privacy }: SnmpAccess, agent: string | undefined): boolean {
  const secrets = [community, auth?.password, privacy?.password].filter((text) => text !== undefined);
  return secrets.every((text) => !isSealed(text) || (agent !== undefined && recipientsOf(text).includes(agent)));
}

function accessesOf(file: string, port: number): readonly SnmpAccess[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${describeError(error)}`, { cause: error });
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line.startsWith('{')
        ? parseAt(parseYaml(line, file), snmpAccessSchema)
        : { version: '2c' as const, port, community: line },
    );
}

/** The same with every secret sealed to the agent that is to use it. */
export function sealedFor(access: SnmpAccess, recipient: Recipient): SnmpAccess {
  const seal = (text: string): string => (isSealed(text) ? text : sealText(text, [recipient]));
  const { community, auth, privacy, ...rest } = access;
  return {
    ...rest,
    ...(community === undefined ? {} : { community: seal(community) }),
    ...(auth === undefined ? {} : { auth: { ...auth, password: seal(auth.password) } }),
    ...(privacy === undefined ? {} : { privacy: { ...privacy, password: seal(privacy.password) } }),
  };
}
