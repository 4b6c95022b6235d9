/**
 * Operations as people read them: which entries are added, changed or removed, and of those that are changed each field
 * as it was and as it becomes. Secrets are told to differ, never shown. Pure.
 */
import { canonical } from './canonical.ts';
import { applyOperations, identityOf, type CatalogData, type Operation } from './operations.ts';

export interface FieldChange {
  /** From the entry on: `snmp.port`, `agents`. */
  readonly field: string;
  /** undefined: was not there, or is not any more. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface EntryChange {
  readonly part: string;
  readonly id: string;
  readonly what: 'added' | 'changed' | 'removed';
  /** For people: nick or name, where it has one. */
  readonly title: string;
  /** Of what is added or removed the fields that tell most. */
  readonly fields: readonly FieldChange[];
}

const SECRET = /^(?:community|password|passwordHash|secrets?|token|privateKey)$/;
const HIDDEN = '(secret)';
/** What a new or lost entry is known by. */
const TELLING = ['address', 'template', 'site', 'agency', 'agents', 'kind', 'role', 'points', 'from', 'to'];
/** Longer values are cut. */
const LONGEST = 80;

export function differenceOf(before: CatalogData, operations: readonly Operation[]): readonly EntryChange[] {
  const after = applyOperations(before, operations);
  const index = new Map<string, ReadonlyMap<string, unknown>>();
  const entryOf = (catalog: CatalogData, side: string, { part, id }: Operation): unknown => {
    const value = catalog[part];
    if (id === undefined || !Array.isArray(value)) return id === undefined ? value : undefined;
    const key = `${side}/${part}`;
    let known = index.get(key);
    if (known === undefined) {
      known = new Map(value.map((entry) => [identityOf(entry), entry]));
      index.set(key, known);
    }
    return known.get(id);
  };
  return operations.flatMap((operation) => {
    const [was, is] = [entryOf(before, 'before', operation), entryOf(after, 'after', operation)];
    const change = changeOf(operation, was, is);
    return change === undefined ? [] : [change];
  });
}

function changeOf({ part, id = '' }: Operation, was: unknown, is: unknown): EntryChange | undefined {
  const head = { part, id: id.startsWith('#') ? '' : id, title: titleOf(is ?? was) };
  if (was === undefined && is === undefined) return undefined;
  if (was === undefined)
    return {
      ...head,
      what: 'added',
      fields: telling(is).map(([field, after]) => ({ field, before: undefined, after })),
    };
  if (is === undefined)
    return {
      ...head,
      what: 'removed',
      fields: telling(was).map(([field, before]) => ({ field, before, after: undefined })),
    };
  const fields = fieldChanges(was, is, '', false);
  return fields.length === 0 ? undefined : { ...head, what: 'changed', fields };
}

function titleOf(entry: unknown): string {
  if (!isRecord(entry)) return '';
  const { nick, fullName, name, id } = entry;
  return [nick, fullName, name].find((each): each is string => typeof each === 'string' && each !== id) ?? '';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function telling(entry: unknown): readonly [string, string][] {
  if (!isRecord(entry)) return [['', show(entry, false) ?? '']];
  return TELLING.flatMap((field): [string, string][] => {
    const text = show(entry[field], SECRET.test(field));
    return text === undefined || text === '' ? [] : [[field, text]];
  });
}

function fieldChanges(was: unknown, is: unknown, path: string, secret: boolean): readonly FieldChange[] {
  if (canonical(was) === canonical(is)) return [];
  if (isRecord(was) && isRecord(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((key) => {
      const inner = path === '' ? key : `${path}.${key}`;
      return fieldChanges(was[key], is[key], inner, secret || SECRET.test(key));
    });
  }
  if (named(was) && named(is)) return listChanges(was, is, path, secret);
  return [{ field: path, before: show(was, secret), after: show(is, secret) }];
}

/** Lists of records that have names of their own: checks, alarms, graphs. */
const named = (value: unknown): value is readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) && value.every((each) => isRecord(each) && typeof each['id'] === 'string');

function listChanges(
  was: readonly Readonly<Record<string, unknown>>[],
  is: readonly Readonly<Record<string, unknown>>[],
  path: string,
  secret: boolean,
): readonly FieldChange[] {
  const [old, fresh] = [new Map(was.map((each) => [each['id'], each])), new Map(is.map((each) => [each['id'], each]))];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((id) =>
    fieldChanges(old.get(id), fresh.get(id), `${path}.${String(id)}`, secret),
  );
}

/** One short line; undefined for what is not there. */
function show(value: unknown, secret: boolean): string | undefined {
  if (value === undefined) return undefined;
  if (secret) return HIDDEN;
  const text = shown(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.startsWith('sealed:') ? HIDDEN : value;
  if (Array.isArray(value)) return value.map((each) => show(each, false)).join(', ');
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).map(([key, inner]) => `${key}: ${show(inner, SECRET.test(key)) ?? ''}`);
  return `{ ${fields.join(', ')} }`;
}
