/** Which computed rows are worth writing: those that say something the store does not. Pure. */
import type { DerivedRow } from '@kaiku/store';
import type { WindowResult } from './window-rows.ts';

const same = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9 || (Number.isNaN(a) && Number.isNaN(b));

export function changedRows(
  rows: readonly WindowResult[],
  stored: readonly DerivedRow[],
  final: boolean,
): readonly WindowResult[] {
  const known = new Map(stored.map((row) => [`${row.series} ${row.ts} ${row.windowMs}`, row]));
  return rows.filter((row) => {
    const before = known.get(`${row.series} ${row.tsMs} ${row.windowMs}`);
    if (before === undefined) return true;
    // A window once final stays so: it is reopened only to say something else.
    const settled = before.final || !final;
    return !(settled && same(before.value, row.value) && same(before.observed, row.observed));
  });
}
