/**
 * Hours of sample time in which the tables hold fewer rows than the ledger says, and what was done about each.
 * Pure.
 *
 * ```
 *  fewer rows ──▶ suspected ──(again at once)──▶ doubted: its batches are asked for, once
 *                     └ no longer: forgotten        └─ back, and still the same ──▶ explained: left alone
 * ```
 * Two batches may have held the same sample: that difference stays, and is explained by having tried.
 */
import type { HourRows } from '@kaiku/store';

const REMEMBERED = 10_000;

export interface RowDifferences {
  /** Hours whose batches are to be doubted, or that cannot be helped (`isKnown`). */
  isKnown(hour: HourRows): boolean;
  /** Its batches were doubted, or there was nothing to be had. */
  tried(hour: HourRows): void;
}

const differenceOf = ({ expected, found }: HourRows): number => Math.max(0, expected - found);

export function createRowDifferences(): RowDifferences {
  const tried = new Map<string, number>();
  const keyOf = ({ agent, hourMs }: HourRows): string => `${agent} ${hourMs}`;
  return {
    isKnown: (hour) => {
      const difference = differenceOf(hour);
      if (difference === 0) {
        tried.delete(keyOf(hour));
        return true;
      }
      return tried.get(keyOf(hour)) === difference;
    },
    tried: (hour) => {
      tried.set(keyOf(hour), differenceOf(hour));
      for (const oldest of tried.keys()) {
        if (tried.size <= REMEMBERED) break;
        tried.delete(oldest);
      }
    },
  };
}
