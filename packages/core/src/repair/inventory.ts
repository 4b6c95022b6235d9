/** What a source holds, cut into InventoryMessages that fit the broker and the receivers. Pure. */
import { EMPTY_RANGES, addAll, type EpochInventory, type InventoryMessage, type RangeSet } from '@kaiku/protocol';
import type { BatchSource } from './batch-source.ts';
import type { EpochRanges } from './epoch-ranges.ts';

const MAX_EPOCHS = 200;
/** Receivers refuse more than 256 KiB. */
const MAX_BYTES = 200 * 1024;

/** One message, `complete`, or as many as it takes. */
export function inventoryMessages(source: BatchSource, atMs: number): readonly InventoryMessage[] {
  const groups: EpochInventory[][] = [[]];
  let bytes = 0;
  for (const each of source.inventory()) {
    const size = JSON.stringify(each).length + 1;
    const group = groups.at(-1);
    if (group !== undefined && (group.length === 0 || (group.length < MAX_EPOCHS && bytes + size <= MAX_BYTES))) {
      group.push(each);
      bytes += size;
    } else {
      groups.push([each]);
      bytes = size;
    }
  }
  const { agent, instance, epoch } = source;
  return groups.map((epochs) => ({ v: 1, agent, instance, atMs, epoch, epochs, complete: groups.length === 1 }));
}

/** What an inventory calls held, by epoch. */
export function heldOf(inventory: readonly EpochInventory[]): EpochRanges {
  const out = new Map<number, RangeSet>();
  for (const { epoch, held } of inventory) out.set(epoch, addAll(out.get(epoch) ?? EMPTY_RANGES, held));
  return out;
}
