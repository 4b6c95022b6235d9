/** Blocks of many batches, put together by table and encoding: each gets one insert. Pure. */
import { BATCH_TABLE_NAMES, type BatchTable, type BlockEncoding, type OpenedBlock } from '@kaiku/protocol';

export interface TableFrames {
  readonly table: BatchTable;
  readonly encoding: BlockEncoding;
  readonly frames: readonly Uint8Array[];
}

const ENCODINGS = ['zstd', 'identity'] as const satisfies readonly BlockEncoding[];

/** In the order of BATCH_TABLE_NAMES; tables without frames are left out. */
export function framesByTable(batches: readonly { readonly blocks: readonly OpenedBlock[] }[]): readonly TableFrames[] {
  const groups = Map.groupBy(
    batches.flatMap(({ blocks }) => blocks),
    ({ table, encoding }) => `${table} ${encoding}`,
  );
  return BATCH_TABLE_NAMES.flatMap((table) =>
    ENCODINGS.flatMap((encoding) => {
      const blocks = groups.get(`${table} ${encoding}`);
      return blocks === undefined ? [] : [{ table, encoding, frames: blocks.map(({ frame }) => frame) }];
    }),
  );
}
