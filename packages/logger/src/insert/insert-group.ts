/**
 * Puts the verified batches of a group into the store: few inserts of many frames. When the store
 * refuses the group for good, each batch goes alone, so that only the one that poisons the group is
 * left out. A store without tables is not a refusal: that error goes to the caller.
 *
 * All or part of it may happen twice (crash, retry): rows have an identity, so nothing changes.
 */
import { describeError } from '@kaiku/core';
import type { LoggerStore } from '../logger-store.ts';
import { isPermanent } from '../errors.ts';
import type { Verified } from '../verify/verify-batch.ts';
import { framesByTable } from './by-table.ts';
import { patiently, type Patience } from './patience.ts';

export interface Inserted<T> {
  readonly stored: readonly T[];
  readonly poison: readonly { readonly item: T; readonly reason: string }[];
}

/** @throws LoggerStoppingError when the logger stops before the store has taken everything */
export async function insertGroup<T extends { readonly verified: Verified }>(
  store: LoggerStore,
  patience: Patience,
  items: readonly T[],
): Promise<Inserted<T>> {
  const insert = async (some: readonly T[]): Promise<void> => {
    for (const { table, frames, encoding } of framesByTable(some.map((item) => item.verified))) {
      await patiently(patience, `insert into ${table}`, () => store.insertFrames(table, frames, encoding));
    }
  };
  try {
    await insert(items);
    return { stored: items, poison: [] };
  } catch (error) {
    if (!isPermanent(error)) throw error;
    patience.log.warn({ err: error, batches: items.length }, 'the store refused a group; inserting its batches singly');
  }
  const stored: T[] = [];
  const poison: { item: T; reason: string }[] = [];
  for (const item of items) {
    try {
      await insert([item]);
      stored.push(item);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      poison.push({ item, reason: `refused by the store: ${describeError(error)}` });
    }
  }
  return { stored, poison };
}
