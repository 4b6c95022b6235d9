/** Bundles: what goes in comes out, and nothing a peer may send makes the reader throw or take more than its limits. */
import { array, assert, integer, nat, oneof, property, tuple, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUNDLE_LIMITS, bundleBytes, isBundle, openBundle, packBundle } from './bundle.ts';
import { BATCH_LIMITS } from './header.ts';

const envelope = uint8Array({ minLength: 1, maxLength: 300 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a bundle', () => {
  test('looks as documented', () => {
    expect(hex(packBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(255)]))).toBe('4b4b424e0300000001020301000000ff');
  });

  test('gives back what was put in, and is as large as foretold', () => {
    assert(
      property(array(envelope, { minLength: 1, maxLength: 40 }), (envelopes) => {
        const bytes = packBundle(envelopes);
        expect(bytes.length).toBe(bundleBytes(envelopes));
        expect(isBundle(bytes)).toBe(true);
        const opened = openBundle(bytes);
        expect(opened.ok && opened.envelopes.map(hex)).toEqual(envelopes.map(hex));
      }),
    );
  });

  test('cut short anywhere but between two envelopes is refused', () => {
    assert(
      property(array(envelope, { minLength: 1, maxLength: 6 }), nat(), (envelopes, cut) => {
        const bytes = packBundle(envelopes);
        const at = cut % bytes.length;
        const ends = envelopes.map((_, index) => bundleBytes(envelopes.slice(0, index + 1)));
        expect(openBundle(bytes.subarray(0, at)).ok).toBe(ends.includes(at));
      }),
    );
  });

  test('of noise or with flipped bytes never throws, and never gives bytes that are not in it', () => {
    const noise = uint8Array({ maxLength: 400 }).map((tail) => Buffer.concat([Buffer.from('KKBN'), tail]));
    const flipped = tuple(array(envelope, { minLength: 1, maxLength: 6 }), nat(), integer({ min: 1, max: 255 })).map(
      ([envelopes, at, by]) => {
        const bytes = packBundle(envelopes);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ by;
        return bytes;
      },
    );
    assert(
      property(oneof(noise, flipped, uint8Array()), (bytes) => {
        const opened = openBundle(bytes);
        if (opened.ok) expect(bundleBytes(opened.envelopes)).toBe(bytes.length);
        else expect(opened.reason).toMatch(/^bundle: /);
      }),
    );
  });

  test('keeps its limits, on both sides', () => {
    const one = Uint8Array.of(1);
    const many = Array.from({ length: BUNDLE_LIMITS.batches + 1 }, () => one);
    expect(() => packBundle(many)).toThrow(RangeError);
    expect(() => packBundle([])).toThrow(RangeError);
    expect(() => packBundle(Array.from({ length: 3 }, () => new Uint8Array(3 * 1024 * 1024)))).toThrow(RangeError);
    const tooMany = Buffer.concat([Buffer.from('KKBN'), ...many.map(() => Buffer.from([1, 0, 0, 0, 7]))]);
    expect(openBundle(tooMany)).toEqual({ ok: false, reason: 'bundle: too many batches' });
    const huge = Buffer.alloc(BATCH_LIMITS.envelopeBytes + 9);
    huge.write('KKBN', 0, 'latin1');
    huge.writeUInt32LE(BATCH_LIMITS.envelopeBytes + 1, 4);
    expect(openBundle(huge)).toMatchObject({ ok: false, reason: expect.stringContaining('envelope of') as string });
    expect(openBundle(Buffer.from('KKBN'))).toEqual({ ok: false, reason: 'bundle: empty' });
  });
});
