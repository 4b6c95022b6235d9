/**
 * The installation file (`kaiku.yaml`): its head, shared by every role, and its role sections,
 * each parsed by the service that owns it (`section`). The CLI checks all of them before a start.
 */
import { isAbsolute, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { NAME_PATTERN } from '@kaiku/protocol';
import { ConfigError } from '../errors.ts';
import { parseAt, readYaml, type YamlSource } from './yaml-source.ts';

/** Names of roles and parts: they become subject tokens and folder names. */
export const nameSchema = z
  .string()
  .regex(NAME_PATTERN, 'must be 1-64 of a-z, 0-9 and "-", beginning and ending with a letter or digit');

/** `host:port`, IPv6 hosts in brackets. Parsed by `splitAddress`. */
export const addressSchema = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port, e.g. 127.0.0.1:8080')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535, 'port must be at most 65535');

export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

const section = z.array(z.unknown()).default([]);

export const ROLE_SECTIONS = ['stores', 'loggers', 'agents', 'analyzers', 'webs'] as const;
export type RoleSection = (typeof ROLE_SECTIONS)[number];

const brokerUrlSchema = z
  .string()
  .regex(/^(?:nats|tls|wss?):\/\/\S+$/, 'must be nats://, tls:// or wss:// with host and port');

export const headSchema = z.strictObject({
  version: z.literal(1),
  /** Shown in the portal's title and in mails. */
  installation: z.string().min(1).max(60),
  /** Where every role of this file keeps its data; relative to the file. */
  dataDir: z.string().min(1).default('kaiku-data'),
  /** The catalog file, or several that make one: sites, devices, templates, users; relative to the file. */
  catalog: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)]).optional(),
  broker: z.strictObject({
    url: brokerUrlSchema,
    /** Further broker sites, independent of the first: used when it is away. */
    more: z.array(brokerUrlSchema).max(4).default([]),
    /** Folder of the keys (`<role>-<name>.nk`) the roles prove themselves with; relative to the file. */
    keys: z.string().min(1).optional(),
    /** Certificate (PEM) of the authority that signed the brokers' certificates; relative to the file. */
    ca: z.string().min(1).optional(),
    /** Have `kaiku up` run a nats-server on this address beside the other roles. */
    listen: addressSchema.optional(),
    /** Have that nats-server take WebSocket connections here as well: for offices where only 443 gets out. */
    websocket: addressSchema.optional(),
  }),
  /** Level of the logs. */
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  stores: section,
  loggers: section,
  agents: section,
  analyzers: section,
  webs: section,
});

export interface Installation extends Omit<z.output<typeof headSchema>, 'catalog'> {
  readonly source: YamlSource;
  /** Absolute. */
  readonly dataDir: string;
  /** The catalog's first file, absolute, where there is a catalog. */
  readonly catalog: string | undefined;
  /** All of them. */
  readonly catalogs: readonly string[];
}

/** Reads the file's head. @throws ConfigError */
export function loadInstallation(file: string): Installation {
  const source = readYaml(file);
  const head = parseAt(source, headSchema);
  const base = dirname(resolve(file));
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(base, path));
  const { keys, ca, ...broker } = head.broker;
  const catalogs = [head.catalog ?? []].flat().map(absolute);
  return {
    ...head,
    source,
    broker: {
      ...broker,
      ...(keys === undefined ? {} : { keys: absolute(keys) }),
      ...(ca === undefined ? {} : { ca: absolute(ca) }),
    },
    dataDir: absolute(head.dataDir),
    catalog: catalogs[0],
    catalogs,
  };
}

/** All entries of a role's section. @throws ConfigError, also for a name used twice */
export function readSection<S extends z.ZodType<{ readonly name: string }>>(
  installation: Installation,
  role: RoleSection,
  schema: S,
): readonly z.output<S>[] {
  const seen = new Map<string, number>();
  return installation[role].map((_, index) => {
    const entry = parseAt(installation.source, schema, [role, index]);
    const line = installation.source.lineOf([role, index, 'name']);
    const before = seen.get(entry.name);
    if (before !== undefined) {
      throw new ConfigError(
        `${role}.${index}.name: "${entry.name}" is already used on line ${before}`,
        { file: installation.source.file, line },
        { hint: 'give each entry of a section a name of its own' },
      );
    }
    seen.set(entry.name, line);
    return entry;
  });
}

/** The entry called `name`. @throws ConfigError when there is none */
export function readEntry<S extends z.ZodType<{ readonly name: string }>>(
  installation: Installation,
  role: RoleSection,
  schema: S,
  name: string,
): z.output<S> {
  const entries = readSection(installation, role, schema);
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  throw new ConfigError(
    `${role}: there is no "${name}"`,
    { file: installation.source.file, line: installation.source.lineOf([role]) },
    { hint: entries.length === 0 ? `add one under ${role}:` : `known: ${entries.map((each) => each.name).join(', ')}` },
  );
}
