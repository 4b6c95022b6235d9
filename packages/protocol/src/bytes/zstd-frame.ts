/**
 * One zstd frame in, its whole content out, under a limit: nothing behind it, nothing missing. Node's own call is silent about
 * both. Source of the header's layout: RFC 8878, section 3.1.1.
 */
import { zstdDecompressSync } from 'node:zlib';

const MAGIC = 0xfd2fb528;
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const LEAST_CHUNK = 64;
const UNTOLD_CHUNK = 32 * 1024;
/** What a frame says of itself is its sender's word: no more is set aside at once. */
const MOST_CHUNK = 1024 * 1024;

/** How much a frame says it holds; undefined when it does not say. */
function toldSize(frame: Buffer): number | undefined {
  if (frame.length < 18 || frame.readUInt32LE(0) !== MAGIC) return undefined;
  const descriptor = frame.readUInt8(4);
  const single = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  const at = 5 + (single ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0);
  const bytes = flag === 0 && single ? 1 : (SIZE_BYTES[flag] ?? 0);
  if (bytes === 0) return undefined;
  if (bytes === 8) return Number(frame.readBigUInt64LE(at));
  return frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

/** @throws Error when it is not exactly one whole frame, or holds more than `mostBytes` */
export function unzstd(bytes: Uint8Array, mostBytes: number): Buffer {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const told = toldSize(frame);
  if (told !== undefined && told > mostBytes) throw new RangeError('more than the limit when decompressed');
  // One chunk of the right size: several would be copied together again.
  const chunkSize = told === undefined ? UNTOLD_CHUNK : Math.max(LEAST_CHUNK, Math.min(told + 1, MOST_CHUNK));
  const options = { maxOutputLength: Math.max(1, mostBytes), chunkSize, info: true };
  const { buffer, engine } = zstdDecompressSync(frame, options) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };
  if (engine.bytesWritten !== frame.length) throw new RangeError('bytes behind the frame');
  if (told !== undefined && buffer.length !== told) throw new RangeError('cut short');
  return buffer;
}
