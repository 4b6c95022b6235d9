/**
 * The difference between two catalogs as data: what to set and what to remove, one operation for each entry of a
 * list (a device, a template, …) or for a part that is no list.
 *
 * Works on the catalog as JSON and knows nothing of its schema: entries are told apart by `id`, else by `name`, else
 * by their content. So a part that a later release adds is logged, compared and replayed without a change here.
 * The order of a list means nothing: what is new comes last, and an order that differs is no difference.
 */
import { z } from 'zod';
import { canonical, digestOf } from './canonical.ts';

/** A catalog as JSON: parts by name. */
export type CatalogData = Readonly<Record<string, unknown>>;

const part = z.string().min(1);

export const operationSchema = z.discriminatedUnion('op', [
  /** Without `id` the whole part. */
  z.object({ op: z.literal('set'), part, id: z.string().optional(), value: z.unknown() }),
  z.object({ op: z.literal('remove'), part, id: z.string().optional() }),
]);
export type Operation = z.output<typeof operationSchema>;

/** What tells an entry of a list from the others. */
export function identityOf(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null) {
    if ('id' in entry && typeof entry.id === 'string') return entry.id;
    if ('name' in entry && typeof entry.name === 'string') return entry.name;
  }
  return `#${digestOf(entry).slice(0, 16)}`;
}

const byIdentity = (entries: readonly unknown[]): ReadonlyMap<string, unknown> =>
  new Map(entries.map((entry) => [identityOf(entry), entry]));

/** What turns `before` into `after`; nothing when they say the same. */
export function diffCatalogs(before: CatalogData, after: CatalogData): readonly Operation[] {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return parts.flatMap((name) => diffPart(name, before[name], after[name]));
}

function diffPart(name: string, before: unknown, after: unknown): readonly Operation[] {
  const lists = (before === undefined || Array.isArray(before)) && (after === undefined || Array.isArray(after));
  if (!lists) {
    if (canonical(before) === canonical(after)) return [];
    return [after === undefined ? { op: 'remove', part: name } : { op: 'set', part: name, value: after }];
  }
  const [old, fresh] = [byIdentity((before ?? []) as unknown[]), byIdentity((after ?? []) as unknown[])];
  const removed = [...old.keys()]
    .filter((id) => !fresh.has(id))
    .map((id): Operation => ({ op: 'remove', part: name, id }));
  const set = [...fresh]
    .filter(([id, value]) => !old.has(id) || canonical(old.get(id)) !== canonical(value))
    .map(([id, value]): Operation => ({ op: 'set', part: name, id, value }));
  return [...removed, ...set];
}

/** The catalog after the operations. What they remove may be gone already; what they set may be there. */
export function applyOperations(before: CatalogData, operations: readonly Operation[]): CatalogData {
  const lists = new Map<string, Map<string, unknown>>();
  const after: Record<string, unknown> = { ...before };
  for (const operation of operations) {
    const { part: name, id } = operation;
    if (id === undefined) {
      lists.delete(name);
      if (operation.op === 'set') after[name] = operation.value;
      else delete after[name];
      continue;
    }
    let list = lists.get(name);
    if (list === undefined) {
      const present = after[name];
      list = new Map(byIdentity(Array.isArray(present) ? present : []));
      lists.set(name, list);
      // Its place among the parts; filled below.
      after[name] = [];
    }
    if (operation.op === 'set') list.set(id, operation.value);
    else list.delete(id);
  }
  for (const [name, list] of lists) after[name] = [...list.values()];
  return after;
}

/** The same for equal catalogs, whatever the order of their lists. */
export function catalogDigest(catalog: CatalogData): string {
  const parts = Object.entries(catalog).flatMap(([name, value]): [string, unknown][] => {
    if (!Array.isArray(value)) return value === undefined ? [] : [[name, value]];
    const entries = [...byIdentity(value)].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? [] : [[name, entries.map(([, entry]) => entry)]];
  });
  return digestOf(Object.fromEntries(parts));
}
