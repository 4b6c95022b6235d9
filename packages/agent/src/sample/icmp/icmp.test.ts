import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { burstStats } from './burst-stats.ts';
import { checksum, echoRequest, hear } from './echo.mjs';

describe('burst figures', () => {
  test.each([
    { rtts: [1, 3, 2], expected: { loss: 0, rtt: { median: 2, min: 1, max: 3 }, ipdv: 1.5 } },
    { rtts: [4, 2], expected: { loss: 0, rtt: { median: 3, min: 2, max: 4 }, ipdv: 2 } },
    {
      rtts: [Number.NaN, 5, Number.NaN, 7],
      expected: { loss: 0.5, rtt: { median: 6, min: 5, max: 7 }, ipdv: undefined },
    },
    { rtts: [Number.NaN, Number.NaN], expected: { loss: 1, rtt: undefined, ipdv: undefined } },
    { rtts: [9], expected: { loss: 0, rtt: { median: 9, min: 9, max: 9 }, ipdv: undefined } },
  ])('$rtts', ({ rtts, expected }) => {
    expect(burstStats(rtts)).toMatchObject(expected);
  });

  test('lost packets change the loss and nothing else but pairs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 }),
        fc.nat(20),
        (rtts, lost) => {
          const whole = burstStats(rtts);
          const holed = burstStats([...rtts, ...Array.from({ length: lost }, () => Number.NaN)]);
          expect(holed.rtt).toEqual(whole.rtt);
          expect(holed.ipdv).toEqual(whole.ipdv);
          expect(holed.loss).toBeCloseTo(lost / (rtts.length + lost), 12);
          expect(whole.rtt?.median).toBeGreaterThanOrEqual(whole.rtt?.min ?? Infinity);
          expect(whole.rtt?.median).toBeLessThanOrEqual(whole.rtt?.max ?? -Infinity);
        },
      ),
    );
  });
});

describe('echo packets', () => {
  const ip = (payload: Buffer, options = 0): Buffer => {
    const header = Buffer.alloc(20 + options);
    header[0] = 0x40 | (header.length / 4);
    header[9] = 1;
    header.set([192, 0, 2, 9], 16);
    return Buffer.concat([header, payload]);
  };

  test('a request carries a right checksum and comes back as a reply with its numbers', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id, seq, nonce) => {
        const packet = echoRequest(id, seq, nonce);
        expect(checksum(packet)).toBe(0);
        packet[0] = 0;
        expect(hear(ip(packet))).toEqual({ kind: 'reply', id, seq, nonce });
        expect(hear(ip(packet, 8))).toEqual({ kind: 'reply', id, seq, nonce });
      }),
    );
  });

  test('requests, other protocols and any garbage are nobody’s replies', () => {
    expect(hear(ip(echoRequest(1, 2, 3n)))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const heard = hear(Buffer.from(bytes));
        expect(heard === undefined || bytes[9] === 1).toBe(true);
      }),
    );
  });

  test('destination unreachable names the request it answers', () => {
    const quoted = ip(echoRequest(7, 8, 9n));
    const packet = Buffer.concat([Buffer.from([3, 1, 0, 0, 0, 0, 0, 0]), quoted]);
    expect(hear(ip(packet))).toEqual({ kind: 'unreachable', id: 7, seq: 8, target: '192.0.2.9' });
  });
});
