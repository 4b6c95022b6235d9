/** Which device, and how it is spoken to, from the arguments of a command that reads one by hand. */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { describeError, parseAt, parseYaml } from '@kaiku/core';
import { AUTH_PROTOCOLS, PRIVACY_PROTOCOLS, snmpAccessSchema, type SnmpAccess } from '@kaiku/catalog';
import type { Args } from '../args.ts';
import type { OptionSpec } from '../command.ts';
import { CommandError, UsageError } from '../errors.ts';

export interface DeviceAccess {
  /** An IP address or a name. */
  readonly address: string;
  readonly access: SnmpAccess;
}

const text = (value: string, help: string, short?: string): OptionSpec => ({
  type: 'text',
  value,
  help,
  ...(short === undefined ? {} : { short }),
});

/** Names as net-snmp's tools have them, where they are free. */
export const accessOptions: Readonly<Record<string, OptionSpec>> = {
  version: text('1|2c|3', 'SNMP version (default: 2c, or 3 with --user)', 'v'),
  community: text('TEXT', 'community of versions 1 and 2c (default: public)'),
  user: text('NAME', 'user of version 3', 'u'),
  auth: text('PROTOCOL', `authentication: ${AUTH_PROTOCOLS.join(', ')}`, 'a'),
  'auth-password': text('TEXT', 'its password', 'A'),
  privacy: text('PROTOCOL', `encryption: ${PRIVACY_PROTOCOLS.join(', ')}`, 'x'),
  'privacy-password': text('TEXT', 'its password', 'X'),
  context: text('NAME', 'context of version 3', 'n'),
  'access-file': text('FILE', 'all of it from a file, as under "snmp" of a device; keeps passwords out of sight'),
};

/** @throws UsageError, CommandError, ConfigError */
export function deviceAccess(args: Args, target: string): DeviceAccess {
  const { address, port } = endpoint(target);
  const file = args.text('access-file');
  if (file !== undefined) return { address, access: accessFrom(file, port) };
  const user = args.text('user');
  const version = args.text('version')?.replace(/^v/u, '') ?? (user === undefined ? '2c' : '3');
  const [auth, authPassword] = [args.text('auth'), args.text('auth-password')];
  const [privacy, privacyPassword] = [args.text('privacy'), args.text('privacy-password')];
  if (version === '3' && user === undefined) throw wrong('version 3 needs --user NAME');
  if (version !== '3' && user !== undefined) throw wrong(`--user is for version 3, not ${version}`);
  if ((auth === undefined) !== (authPassword === undefined))
    throw wrong('--auth and --auth-password go together', '-a sha256 -A PASSWORD');
  if ((privacy === undefined) !== (privacyPassword === undefined))
    throw wrong('--privacy and --privacy-password go together', '-x aes128 -X PASSWORD');
  const given = {
    version,
    port,
    ...(version === '3' ? {} : { community: args.text('community') ?? 'public' }),
    ...(user === undefined ? {} : { user }),
    ...(auth === undefined ? {} : { auth: { protocol: auth.toLowerCase(), password: authPassword } }),
    ...(privacy === undefined ? {} : { privacy: { protocol: privacy.toLowerCase(), password: privacyPassword } }),
    ...(args.text('context') === undefined ? {} : { context: args.text('context') }),
  };
  const parsed = snmpAccessSchema.safeParse(given);
  if (parsed.success) return { address, access: parsed.data };
  const [issue] = parsed.error.issues;
  throw wrong(`${issue?.path.join('.') ?? 'access'}: ${issue?.message ?? 'is wrong'}`);
}

const wrong = (message: string, hint = '--help lists the options of SNMP access'): UsageError =>
  new UsageError(message, { hint });

function accessFrom(file: string, port: number): SnmpAccess {
  let read: string;
  try {
    read = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${describeError(error)}`, { cause: error });
  }
  const access = parseAt(parseYaml(read, file), snmpAccessSchema);
  return port === DEFAULT_PORT ? access : { ...access, port };
}

const DEFAULT_PORT = 161;

/** `10.1.0.1`, `10.1.0.1:1161`, `2001:db8::1`, `[2001:db8::1]:1161`, `name:1161`. */
function endpoint(target: string): { address: string; port: number } {
  if (isIPv6(target)) return { address: target, port: DEFAULT_PORT };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/u.exec(target) ?? [];
  const address = bracketed ?? plain;
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (address === undefined || port < 1 || port > 65_535)
    throw new UsageError(`"${target}" is no address`, {
      hint: 'e.g. 10.1.0.1, switch-7, 10.1.0.1:1161, [2001:db8::1]:1161',
    });
  return { address, port };
}
