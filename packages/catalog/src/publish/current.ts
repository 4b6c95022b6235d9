/**
 * The key `current` of the catalog's bucket: what is in force and what is scheduled, ready for use, with the place in
 * the log it was made from. Everything in it follows from the log; it is there so that watchers need not replay.
 * Version 2; version 1 (no `v`, no log) is read.
 */
import { z } from 'zod';
import { afterEntry, inForceAt, scheduledSchema, type CatalogState } from '../change/state.ts';
import type { LogEntry, LogPosition } from '../change/entry.ts';
import type { CatalogData } from '../change/operations.ts';
import { positionOf } from '../change/entry.ts';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { decodeValue, encodeValue } from './value.ts';

const storedSchema = z.object({
  v: z.literal([1, 2]).default(1),
  revision: z.number().int().min(1),
  seq: z.number().int().default(0),
  author: z.string(),
  reason: z.string(),
  atMs: z.number(),
  catalog: z.record(z.string(), z.unknown()),
  scheduled: z.array(scheduledSchema).default([]),
  /** Which log, and the last of its entries that is in here. Version 1 had none. */
  log: z.object({ id: z.string(), seq: z.number().int(), digest: z.string(), atMs: z.number() }).optional(),
});

/** A log on the broker: its name and where it ends. */
export interface LogEnd extends LogPosition {
  readonly id: string;
}

export interface Current {
  readonly state: CatalogState;
  readonly log: LogEnd | undefined;
}

/** The catalog in force, with who put it there. */
export interface PublishedCatalog {
  readonly revision: number;
  readonly author: string;
  readonly reason: string;
  readonly atMs: number;
  readonly catalog: Catalog;
  /** Keys of a later release, left aside: `approval.signIn`. */
  readonly laterKeys?: readonly string[];
}

/** undefined when the bytes are nothing this release can read. */
export function decodeCurrent(bytes: Uint8Array): Current | undefined {
  const parsed = storedSchema.safeParse(decodeValue(bytes));
  if (!parsed.success) return undefined;
  const { v: _, catalog, log, ...head } = parsed.data;
  return { state: { ...head, data: catalog }, log };
}

export function encodeCurrent({ state, log }: Current): Uint8Array {
  const { data, ...head } = state;
  return encodeValue({ v: 2, ...head, catalog: data, log });
}

/** What is in force at `nowMs`; undefined when this release cannot read it. */
export function publishedAt(current: Current, nowMs: number): PublishedCatalog | undefined {
  const { data, scheduled: _, seq: __, ...head } = inForceAt(current.state, nowMs);
  const laterKeys: string[] = [];
  const catalog = readKnown(data, laterKeys);
  if (catalog === undefined) return undefined;
  return { ...head, catalog, ...(laterKeys.length === 0 ? {} : { laterKeys }) };
}

/**
 * Files are strict, for their keys are typed by people. What is in force was checked by whoever put it there, perhaps with a
 * later release: one key more must not keep everybody who is not upgraded yet from all changes to come.
 */
function readKnown(data: CatalogData, laterKeys: string[]): Catalog | undefined {
  const parsed = catalogSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const known = structuredClone(data);
  for (const issue of parsed.error.issues) {
    if (issue.code !== 'unrecognized_keys') return undefined;
    let at: unknown = known;
    for (const key of issue.path) at = (at as Record<PropertyKey, unknown>)[key];
    for (const key of issue.keys) {
      delete (at as Record<string, unknown>)[key];
      laterKeys.push([...issue.path, key].map(String).join('.'));
    }
  }
  return catalogSchema.safeParse(known).data;
}

/** The state and the log's end after further entries. */
export function advanced(current: Current, id: string, entries: readonly LogEntry[]): Current {
  const last = entries.at(-1);
  const log = last === undefined ? current.log : { id, ...positionOf(last) };
  return { state: entries.reduce(afterEntry, current.state), log };
}
