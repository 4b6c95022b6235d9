import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { burstStats, fittingTimeoutMs } from './burst-stats.ts';
import type { PacketFate } from './messages.ts';
import { checksum, echoRequest, hear, number } from './prober/echo.mjs';
import { voiceQuality } from './voice-quality.ts';

/** `1 - 3! ?`: 1 ms, lost, 3 ms while the prober was held up, never sent. */
function packets(text: string): readonly [PacketFate[], (number | null)[]] {
  const words = text.split(' ').filter(Boolean);
  const fates = words.map((word): PacketFate => {
    if (word === '-') return 'lost';
    if (word === '?') return 'unknown';
    return word.endsWith('!') ? 'tainted' : 'ok';
  });
  return [fates, words.map((word) => (/^\d/.test(word) ? Number.parseFloat(word) : null))];
}

describe('burst figures', () => {
  test.each([
    { burst: '1 3 2', expected: { loss: 0, rtt: { median: 2, min: 1, max: 3, p95: undefined }, ipdv: 1.5 } },
    { burst: '4 2', expected: { loss: 0, rtt: { median: 3, min: 2, max: 4 }, ipdv: 2 } },
    { burst: '- 5 - 7', expected: { loss: 0.5, rtt: { median: 6, min: 5, max: 7 }, ipdv: undefined } },
    { burst: '- -', expected: { sent: 2, loss: 1, rtt: undefined, ipdv: undefined } },
    { burst: '9', expected: { loss: 0, rtt: { median: 9, min: 9, max: 9 }, ipdv: undefined } },
    { burst: '1 9! 2', expected: { received: 3, loss: 0, rtt: { median: 1.5, max: 2 }, ipdv: undefined } },
    { burst: '8! 9! -', expected: { received: 2, sent: 3, rtt: { median: 8.5 }, ipdv: 1 } },
    { burst: '1 ? ? -', expected: { sent: 2, received: 1, loss: 0.5 } },
    { burst: '? ?', expected: { sent: 0, loss: Number.NaN, rtt: undefined } },
    { burst: Array.from({ length: 20 }, (_, at) => at + 1).join(' '), expected: { rtt: { p95: 19, median: 10.5 } } },
  ])('$burst', ({ burst, expected }) => {
    expect(burstStats(...packets(burst))).toMatchObject(expected);
  });

  test('lost packets change the loss and nothing else but pairs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 }),
        fc.nat(20),
        (rtts, lost) => {
          const ok = rtts.map((): PacketFate => 'ok');
          const none = Array.from({ length: lost }, () => null);
          const whole = burstStats(ok, rtts);
          const holed = burstStats([...ok, ...none.map((): PacketFate => 'lost')], [...rtts, ...none]);
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

test.each([
  [60_000, 5, 100, 1000, 1000],
  [1000, 5, 100, 1000, 550],
  [1000, 10, 100, 1000, 100],
])(
  'every %s ms %s packets, %s ms apart: a timeout of %s ms is one of %s',
  (everyMs, count, spacingMs, timeoutMs, fits) => {
    expect(fittingTimeoutMs({ everyMs, packets: count, spacingMs, timeoutMs })).toBe(fits);
  },
);

describe('voice', () => {
  test.each([
    { rttMs: 0, loss: 0, codec: 'g711', r: 93.2, mos: 4.41 },
    { rttMs: 100, loss: 0, codec: 'g711', r: 92, mos: 4.38 },
    { rttMs: 400, loss: 0, codec: 'g711', r: 85.9, mos: 4.23 },
    { rttMs: 100, loss: 0.01, codec: 'g711', r: 88.4, mos: 4.3 },
    { rttMs: 100, loss: 0.05, codec: 'g711-no-plc', r: 40.9, mos: 2.11 },
    { rttMs: 100, loss: 0, codec: 'g729a', r: 81, mos: 4.06 },
    { rttMs: 4000, loss: 0.5, codec: 'g711', r: 0, mos: 1 },
  ] as const)('$codec, $rttMs ms, loss $loss: R $r, MOS $mos', ({ rttMs, loss, codec, r, mos }) => {
    expect(voiceQuality(rttMs, loss, codec)).toEqual({ r, mos });
  });

  test('an opinion is never below 1 nor above 4.5, and never better for more loss', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e4, noNaN: true }), share, share, (rttMs, a, b) => {
        const worse = voiceQuality(rttMs, Math.max(a, b), 'g711');
        const better = voiceQuality(rttMs, Math.min(a, b), 'g711');
        expect(worse.mos).toBeGreaterThanOrEqual(1);
        expect(better.mos).toBeLessThanOrEqual(4.5);
        expect(better.mos).toBeGreaterThanOrEqual(worse.mos);
      }),
    );
  });
});

describe('echo packets', () => {
  const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const ip4 = (payload: Uint8Array, options = 0): Buffer => {
    const header = Buffer.alloc(20 + options);
    header[0] = 0x40 | (header.length / 4);
    header[8] = 61;
    header[9] = 1;
    header.set([192, 0, 2, 9], 16);
    return Buffer.concat([header, payload]);
  };
  const ip6 = (payload: Uint8Array): Buffer => {
    const header = Buffer.alloc(40);
    header[0] = 0x60;
    header[6] = 58;
    header[39] = 9;
    return Buffer.concat([header, payload]);
  };

  test('a request carries a right checksum, the same for all of a burst, and comes back with its numbers', () => {
    const word = fc.nat(0xffff);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 16, max: 1472 }), fc.constantFrom(0, 8), (id, seq, size, options) => {
        const packet = echoRequest(4, id, NONCE, size);
        const sum = packet.slice(2, 4);
        number(packet, seq);
        expect(packet.slice(2, 4)).toEqual(sum);
        expect(checksum(packet.length % 2 === 0 ? packet : Buffer.concat([packet, Buffer.alloc(1)]))).toBe(0);
        packet[0] = 0;
        const heard = ip4(packet, options);
        const found = hear(4, heard);
        expect(found).toMatchObject({ kind: 'reply', id, seq, hopLimit: 61 });
        expect(heard.subarray(found?.nonceAt).subarray(0, 8)).toEqual(Buffer.from(NONCE));
        const six = echoRequest(6, id, NONCE, size);
        number(six, seq);
        six[0] = 129;
        expect(hear(6, six)).toMatchObject({ kind: 'reply', id, seq, hopLimit: -1, nonceAt: 8 });
      }),
    );
  });

  test('requests, other protocols and any garbage are nobody’s replies', () => {
    expect(hear(4, ip4(echoRequest(4, 1, NONCE, 56)))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const heard = hear(4, bytes);
        expect(heard === undefined || bytes[9] === 1).toBe(true);
        hear(6, bytes);
      }),
    );
  });

  test.each([
    { name: 'destination unreachable', family: 4, types: [3, 1], kind: 'unreachable' },
    { name: 'time exceeded', family: 4, types: [11, 0], kind: 'exceeded' },
    { name: 'destination unreachable (IPv6)', family: 6, types: [1, 3], kind: 'unreachable' },
    { name: 'time exceeded (IPv6)', family: 6, types: [3, 0], kind: 'exceeded' },
  ] as const)('$name names the request it answers', ({ family, types, kind }) => {
    const request = echoRequest(family, 7, NONCE, 56);
    number(request, 8);
    const quoted = family === 4 ? ip4(request) : ip6(request);
    const packet = Buffer.concat([Buffer.from([...types, 0, 0, 0, 0, 0, 0]), quoted]);
    const whole = family === 4 ? ip4(packet) : packet;
    const heard = hear(family, whole);
    expect(heard).toMatchObject({ kind, id: 7, seq: 8 });
    const target = whole.subarray(heard?.targetAt).subarray(0, family === 4 ? 4 : 16);
    expect(target.at(-1)).toBe(9);
  });
});
