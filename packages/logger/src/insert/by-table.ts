/** Frames of many batches, put together by table: each table gets one insert. Pure. */
import { BATCH_TABLE_NAMES, type BatchTable, type OpenedBlock } from '@kaiku/protocol';

export interface TableFrames {
  readonly table: BatchTable;
  readonly frames: readonly Uint8Array[];
}

/** In the order of BATCH_TABLE_NAMES; tables without frames are left out. */
export function framesByTable(batches: readonly { readonly blocks: readonly OpenedBlock[] }[]): readonly TableFrames[] {
  const frames = new Map<BatchTable, Uint8Array[]>();
  for (const { blocks } of batches) {
    for (const { table, frame } of blocks) {
      const list = frames.get(table);
      if (list === undefined) frames.set(table, [frame]);
      else list.push(frame);
    }
  }
  return BATCH_TABLE_NAMES.flatMap((table) => {
    const list = frames.get(table);
    return list === undefined ? [] : [{ table, frames: list }];
  });
}
