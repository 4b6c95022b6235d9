/**
 * Blocks put together to the bodies of inserts. What came compressed goes on as it is. Plain blocks are joined to large
 * ones, of which the engine reads many times as many rows a second, and go plain to a store on this machine,
 * compressed to one that is elsewhere.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { BATCH_TABLES, isJoinable, joinBlocks, type BatchTable, type BlockEncoding } from '@kaiku/protocol';
import { StoreError } from '../errors.ts';
import type { InsertBody } from './clickhouse.ts';

/** Of plain blocks in one insert: a store keeps each body whole before its engine reads it. A single larger one goes alone. */
export const PLAIN_BYTES = 32 * 1024 * 1024;
const compress = promisify(zstdCompress);
/** Quick: it has one hop to go, and half the bytes are ids that nothing makes smaller. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } } as const;

/** True for a store on this machine. */
export function isNear(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}

/** @throws StoreError when a plain block is not one of its table */
export async function* insertBodies(
  table: BatchTable,
  frames: readonly Uint8Array[],
  encoding: BlockEncoding,
  near: boolean,
): AsyncGenerator<InsertBody> {
  if (encoding === 'zstd') {
    if (frames.length > 0) yield { chunks: frames, encoding };
    return;
  }
  const columns = BATCH_TABLES[table];
  for (const blocks of parts(frames)) {
    const chunks = isJoinable(columns) ? [joined(table, blocks)] : blocks;
    yield near ? { chunks, encoding } : { chunks: [await compress(Buffer.concat(chunks), LEVEL)], encoding: 'zstd' };
  }
}

function parts(frames: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const out: Uint8Array[][] = [];
  let bytes = Infinity;
  for (const frame of frames) {
    if (bytes + frame.length > PLAIN_BYTES) {
      out.push([]);
      bytes = 0;
    }
    out.at(-1)?.push(frame);
    bytes += frame.length;
  }
  return out;
}

function joined(table: BatchTable, blocks: readonly Uint8Array[]): Uint8Array {
  try {
    return joinBlocks(BATCH_TABLES[table], blocks);
  } catch (error) {
    throw new StoreError(`blocks of ${table}: ${String(error)}`, { kind: 'refused', engineCode: 0 }, { cause: error });
  }
}
