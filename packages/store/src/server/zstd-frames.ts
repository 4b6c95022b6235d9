/**
 * Walks the frames of a zstd stream by their block headers, without decompressing: a body that was cut
 * short is found before the engine sees it (it would quietly insert the rows up to the cut).
 * Source: RFC 8878, section 3. Pure.
 */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/** Number of whole frames when `bytes` is nothing but whole frames, else undefined. */
export function countWholeFrames(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frames = 0;
  let at = 0;
  while (at < bytes.length) {
    const next = frameEnd(view, at);
    if (next === undefined || next > bytes.length) return undefined;
    at = next;
    frames += 1;
  }
  return frames;
}

function frameEnd(view: DataView, from: number): number | undefined {
  if (from + 8 > view.byteLength) return undefined;
  const magic = view.getUint32(from, true);
  if (magic >= SKIPPABLE && magic <= SKIPPABLE + 15) return from + 8 + view.getUint32(from + 4, true);
  if (magic !== MAGIC) return undefined;
  const descriptor = view.getUint8(from + 4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && singleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  let at = from + 5 + (singleSegment ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  for (;;) {
    if (at + 3 > view.byteLength) return undefined;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    if (type === 3) return undefined;
    at += 3 + (type === 1 ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((descriptor & 4) === 0 ? 0 : 4);
  }
}
