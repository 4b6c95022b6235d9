import { constants, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWholeFrames } from './zstd-frames.ts';

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  // Long runs and large contents: repeated blocks, several blocks a frame, wide content sizes.
  fc.tuple(fc.nat(255), fc.nat(400_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
);
const frame = fc.tuple(content, fc.boolean(), fc.boolean()).map(([bytes, checksum, sized]) =>
  zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0,
      [constants.ZSTD_c_contentSizeFlag]: sized ? 1 : 0,
    },
  }),
);

describe('whole zstd frames', () => {
  it('are counted, however they were made', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), (frames) => {
        expect(countWholeFrames(Buffer.concat(frames))).toBe(frames.length);
      }),
      { numRuns: 60 },
    );
  });
  it('are not found in a body that was cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 3 }), fc.nat(), (frames, seed) => {
        const bytes = Buffer.concat(frames);
        const boundaries = new Set([0]);
        for (const each of frames) boundaries.add(Math.max(...boundaries) + each.length);
        const cut = seed % bytes.length;
        fc.pre(!boundaries.has(cut));
        expect(countWholeFrames(bytes.subarray(0, cut))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
  it('are not other bytes', () => {
    expect(countWholeFrames(Buffer.from('INSERT INTO t'))).toBeUndefined();
    expect(countWholeFrames(Buffer.concat([zstdCompressSync(Buffer.from('a')), Buffer.from('x')]))).toBeUndefined();
  });
});
