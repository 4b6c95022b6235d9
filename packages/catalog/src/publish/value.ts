/**
 * Values of the catalog's bucket: JSON, as one zstd frame where it is large. Small ones stay readable to people and to
 * the release before, which knows JSON only; ten thousand devices are 5 MB of JSON and would not pass the broker's 8 MB for long.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const PLAIN_BYTES = 256 * 1024;
/** Bounds what a damaged or hostile value may unfold to. */
const MOST_BYTES = 256 * 1024 * 1024;
const OPENING_BRACE = 0x7b;

export function encodeValue(value: unknown): Uint8Array {
  const plain = Buffer.from(JSON.stringify(value));
  return plain.length <= PLAIN_BYTES ? plain : zstdCompressSync(plain);
}

/** undefined when it is neither. */
export function decodeValue(bytes: Uint8Array): unknown {
  try {
    const plain = bytes[0] === OPENING_BRACE ? bytes : zstdDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
    return JSON.parse(new TextDecoder().decode(plain)) as unknown;
  } catch {
    return undefined;
  }
}
