/**
 * Makes a segment of envelopes and proves it: every batch is built again from the segment and compared, byte for byte. What this code
 * does not understand to the last byte, and what would not come back, is left out and stays as it is. Pure.
 */
import { contentOf } from '@kaiku/protocol';
import { partsOf, Segment, writeSegment, type Parts } from './segment.ts';

export interface Packed {
  readonly segment: Uint8Array;
  /** Which of the envelopes are in it. */
  readonly included: readonly number[];
}

/** In this thread or another: see pack-thread.ts. */
export type Packer = (envelopes: readonly Uint8Array[]) => Promise<Packed | undefined>;

interface Candidate {
  readonly index: number;
  readonly content: Buffer;
  readonly parts: Parts;
  readonly epoch: number;
  readonly seq: number;
}

/** undefined when none of them can be packed. */
export function pack(envelopes: readonly Uint8Array[]): Packed | undefined {
  let candidates = envelopes.flatMap((bytes, index): Candidate[] => {
    const found = contentOf(bytes);
    const parts = found.ok && found.version === 2 ? partsOf(found.content) : undefined;
    if (!found.ok || parts === undefined) return [];
    const { epoch, seq } = JSON.parse(Buffer.from(parts.header, 'latin1').toString('utf8')) as Candidate;
    return [{ index, content: found.content, parts, epoch, seq }];
  });
  // Twice at most: what did not come back is left out.
  for (let attempt = 0; attempt < 2 && candidates.length > 0; attempt += 1) {
    const segment = writeSegment(candidates.map(({ parts }) => parts));
    const kept = proven(segment, candidates);
    if (kept.length === candidates.length) return { segment, included: kept.map(({ index }) => index) };
    candidates = kept;
  }
  return undefined;
}

function proven(bytes: Uint8Array, candidates: readonly Candidate[]): Candidate[] {
  let segment: Segment;
  try {
    segment = new Segment(bytes);
  } catch {
    return [];
  }
  return candidates.filter(({ content, epoch, seq }) => {
    try {
      return segment.content(epoch, seq)?.equals(content) === true;
    } catch {
      return false;
    }
  });
}
