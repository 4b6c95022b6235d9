/**
 * What is to happen with each verified batch of a group, looking at the ledger and at the group itself:
 * new, known with the same hash (again), or known with another hash (conflict). Pure.
 */
import type { LedgerRow } from '@kaiku/store';

export type Decision = 'new' | 'again' | 'conflict';

/**
 * @param rows in order of arrival
 * @param stored hash in the store of the row at an index, undefined where the key is not there
 */
export function decide(rows: readonly LedgerRow[], stored: (index: number) => string | undefined): readonly Decision[] {
  const inGroup = new Map<string, string>();
  return rows.map(({ agent, epoch, seq, sha256 }, index) => {
    const key = `${agent} ${epoch} ${seq}`;
    const known = stored(index) ?? inGroup.get(key);
    if (known === undefined) {
      inGroup.set(key, sha256);
      return 'new';
    }
    return known === sha256 ? 'again' : 'conflict';
  });
}
