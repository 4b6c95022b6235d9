/**
 * What is to happen with each verified batch of a group, looking at the ledger and at the group itself:
 * new, known with the same hash (again), or known with another hash (conflict). Pure.
 */
import type { LedgerRow } from '@kaiku/store';

export type Decision = 'new' | 'again' | 'conflict';

/**
 * @param rows in order of arrival
 * @param stored hash in the store of the row at an index, undefined where the key is not there
 * @param doubted the samples of the row at an index may be missing although its key is there: it goes in again
 */
export function decide(
  rows: readonly LedgerRow[],
  stored: (index: number) => string | undefined,
  doubted: (index: number) => boolean,
): readonly Decision[] {
  const inGroup = new Map<string, string>();
  return rows.map(({ agent, epoch, seq, sha256 }, index) => {
    const key = `${agent} ${epoch} ${seq}`;
    const before = inGroup.get(key);
    const known = stored(index) ?? before;
    if (known !== undefined && known !== sha256) return 'conflict';
    if (before !== undefined || (known !== undefined && !doubted(index))) return 'again';
    inGroup.set(key, sha256);
    return 'new';
  });
}
