import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextToken, whoBits } from './token.ts';

const NOW = 1_800_000_000_000;

describe('nextToken', () => {
  it('rises above the last one, whatever the clocks say', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 0, max: 2 * NOW }), (last, wallMs) => {
        expect(nextToken(last, wallMs, 'a/1')).toBeGreaterThan(last);
      }),
    );
  });
  it('is above the tokens of version 0.1, which were seconds', () => {
    expect(nextToken(0, NOW, 'a/1')).toBeGreaterThan(NOW / 1000 + 1e6);
  });
  it('differs between two who take a partition in the same second and know nothing of each other', () => {
    expect(nextToken(0, NOW, 'one/17')).not.toBe(nextToken(0, NOW, 'two/18'));
  });
  it('leaves room for 16 bits of revision in 64, until the year 2100', () => {
    const token = nextToken(0, Date.UTC(2100, 0), 'a/1');
    expect(BigInt(token) * 65_536n + 65_535n).toBeLessThan(2n ** 64n);
    expect(Number.isSafeInteger(token)).toBe(true);
  });
  it('spreads names over all bits', () => {
    const bits = new Set(Array.from({ length: 1000 }, (_, at) => whoBits(`analyzer-${at % 10}/${at}`)));
    expect(bits.size).toBeGreaterThan(980);
  });
});
