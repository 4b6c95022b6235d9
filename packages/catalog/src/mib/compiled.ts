/**
 * MIBs in their compiled form: one JSON file (docs/formats/mib-v1.md), read by `openMibs`. Made once, ahead, so that
 * whoever names a trap or an object needs no parser.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { MibError } from '../errors.ts';

/** In the data folder of an installation: where `kaiku mib` writes it and the portal looks for it. */
export const MIB_FILE = 'mibs.json';
export const MIB_FORMAT = 'kaiku-mib';
export const MIB_VERSION = 1;

export const BASE_TYPE_NAMES = [
  'integer',
  'gauge32',
  'counter32',
  'counter64',
  'ticks',
  'octets',
  'oid',
  'ip',
  'bits',
  'opaque',
] as const;
export type BaseType = (typeof BASE_TYPE_NAMES)[number];

const compiledNode = z.object({
  oid: z.string(),
  name: z.string(),
  /** Place in `modules`. */
  module: z.number(),
  kind: z.enum(['node', 'scalar', 'table', 'row', 'column', 'notification']),
  type: z.enum(BASE_TYPE_NAMES).optional(),
  /** Name of the textual convention. */
  syntax: z.string().optional(),
  units: z.string().optional(),
  enums: z.record(z.string(), z.string()).optional(),
  hint: z.string().optional(),
  access: z.string().optional(),
  /** Of a row: the columns its instances are told apart by. */
  index: z.array(z.string()).optional(),
  /** Of a notification: what it carries. */
  objects: z.array(z.string()).optional(),
  /** First sentences of the description. */
  text: z.string().optional(),
});
export type CompiledNode = z.output<typeof compiledNode>;

const compiledMibs = z.object({
  format: z.literal(MIB_FORMAT),
  v: z.literal(MIB_VERSION),
  modules: z.array(z.string()),
  /** In the order of their OIDs. */
  nodes: z.array(compiledNode),
});
export type CompiledMibs = z.output<typeof compiledMibs>;

/** @throws MibError */
export function readCompiled(file: string): CompiledMibs {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MibError(`${file} cannot be read`, { hint: 'make it with: kaiku mib compile FILES --out FILE', cause });
  }
  return parseCompiled(text, file);
}

/** @throws MibError */
export function parseCompiled(text: string, file: string): CompiledMibs {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new MibError(`${file} is no file of compiled MIBs`, {
      hint: 'make it with: kaiku mib compile FILES --out FILE',
      cause: error,
    });
  }
  const parsed = compiledMibs.safeParse(data);
  if (!parsed.success) {
    throw new MibError(`${file} holds no compiled MIBs of version ${MIB_VERSION}`, {
      hint: 'make it again with: kaiku mib compile FILES --out FILE',
      cause: parsed.error,
    });
  }
  return parsed.data;
}

/** One node a line: a difference between two versions is readable. Whole at once: a portal may be reading it. */
export function writeCompiled(file: string, { modules, nodes }: CompiledMibs): void {
  const head = `"format":"${MIB_FORMAT}","v":${MIB_VERSION},"modules":${JSON.stringify(modules)}`;
  writeFileSync(`${file}.new`, `{${head},"nodes":[\n${nodes.map((node) => JSON.stringify(node)).join(',\n')}\n]}\n`);
  renameSync(`${file}.new`, file);
}
