/** Bursts as they go, with every time said. */
import { describe, expect, test } from 'vitest';
import { Burst } from './burst.mjs';

const request = {
  burst: 1,
  address: '192.0.2.9',
  packets: 4,
  spacingMs: 10,
  timeoutMs: 1000,
  payloadBytes: 56,
  dscp: 0,
  afterMs: 0,
  trace: false,
};

const one = (order: Partial<typeof request>): Burst =>
  new Burst({ ...request, ...order }, 4, Uint8Array.of(192, 0, 2, 9), 7, new Uint8Array(8));

/** All packets sent, 10 ms apart, each in 20 us, stamped at once. */
function sent(order: Partial<typeof request> = {}): Burst {
  const burst = one(order);
  for (let at = 0; at < burst.packets; at += 1) {
    burst.sentAt(at * 10, at * 10 + 0.02);
    burst.left(at, at * 10 + 0.01, at * 10 + 0.03);
  }
  return burst;
}

describe('a burst', () => {
  test('times count from the kernel’s stamp to the kernel’s stamp', () => {
    const burst = sent();
    for (const seq of [0, 1, 2, 3]) burst.heard(seq, seq * 10 + 5.01, 0.3, 61, null);
    expect(burst.complete).toBe(true);
    expect(burst.result()).toMatchObject({
      fates: ['ok', 'ok', 'ok', 'ok'],
      rtts: [5, 5, 5, 5],
      hopLimit: 61,
      readDelayMs: 0.3,
      arrived: true,
    });
  });

  test('duplicates and answers out of order are counted, and change no time', () => {
    const burst = sent();
    burst.heard(0, 5.01, 0, 61, null);
    burst.heard(2, 25.01, 0, 61, null);
    burst.heard(1, 26.01, 0, 61, null);
    burst.heard(0, 27.01, 0, 61, null);
    expect(burst.result()).toMatchObject({
      fates: ['ok', 'ok', 'ok', 'lost'],
      rtts: [5, 16, 5, null],
      duplicates: 1,
      reordered: 1,
    });
  });

  test('later than a packet may be is lost', () => {
    const burst = sent();
    burst.heard(0, 1000.02, 0, 61, null);
    expect(burst.result()).toMatchObject({ fates: ['lost', 'lost', 'lost', 'lost'], arrived: false });
  });

  test('held up in the call without a stamp: received, its time left out of what is clean', () => {
    const burst = one({ packets: 2 });
    burst.sentAt(0, 4);
    // Held up as long, but the kernel says when it left.
    burst.sentAt(10, 14);
    burst.left(1, 13.9, 14.1);
    burst.heard(0, 9, 0, 61, null);
    burst.heard(1, 18.9, 0, 61, null);
    expect(burst.result()).toMatchObject({ fates: ['tainted', 'ok'], rtts: [9, 5] });
  });

  test('a packet that waited for the neighbour’s address counts from when it left, whichever is told first', () => {
    const burst = one({ packets: 2 });
    burst.sentAt(0, 0.02);
    burst.sentAt(10, 10.02);
    burst.left(0, 900, 900.1);
    burst.heard(0, 905, 0, 61, null);
    burst.heard(1, 905.5, 0, 61, null);
    burst.left(1, 900.1, 906);
    expect(burst.result()).toMatchObject({ fates: ['ok', 'ok'], rtts: [5, 5.4] });
  });

  test('a stamp before the call or in the future is a clock that was set', () => {
    const burst = one({ packets: 2 });
    burst.sentAt(100, 100.02);
    burst.left(0, 3700, 100.1);
    burst.heard(0, 105, 0, 61, null);
    burst.sentAt(110, 110.02);
    burst.left(1, 10, 110.1);
    burst.heard(1, 115, 0, 61, null);
    expect(burst.result()).toMatchObject({ fates: ['ok', 'ok'], rtts: [5, 5] });
  });

  test('refused by this machine, for whatever reason: nothing is known', () => {
    const burst = one({ packets: 2 });
    burst.refused('EPERM', 0);
    burst.refused('ENETUNREACH', 10);
    expect(burst.complete).toBe(true);
    expect(burst.result()).toMatchObject({
      fates: ['unknown', 'unknown'],
      unreachable: false,
      refusal: 'ENETUNREACH',
    });
  });

  test('too big for a link on the way: a word on its size, not on loss; once, and not of what was answered', () => {
    const burst = sent();
    burst.tooBig(0);
    burst.tooBig(0);
    for (const seq of [1, 2, 3]) burst.heard(seq, seq * 10 + 5.01, 0, 61, null);
    burst.tooBig(1);
    burst.tooBig(9);
    expect(burst.complete).toBe(true);
    expect(burst.result()).toMatchObject({ fates: ['unknown', 'ok', 'ok', 'ok'] });
  });

  test('what the kernel had no room for may have come: missing packets are unknown, not lost', () => {
    const burst = sent();
    burst.heard(0, 5.01, 0, 61, null);
    burst.missedSome();
    expect(burst.result().fates).toEqual(['ok', 'unknown', 'unknown', 'unknown']);
  });

  test('a trace ends with the first packet that arrives', () => {
    const burst = sent({ trace: true });
    burst.heard(0, 1.01, 0, -1, '10.0.0.1');
    burst.heard(2, 21.01, 0, 62, null);
    burst.endsWith(2);
    burst.heard(3, 31.01, 0, 62, null);
    expect(burst.result()).toMatchObject({
      fates: ['ok', 'lost', 'ok'],
      from: ['10.0.0.1', null, null],
      arrived: true,
    });
  });

  test('it waits a little for duplicates when everything is back, and no longer than for a lost packet', () => {
    const burst = sent();
    expect(burst.endMs(31)).toBe(1030);
    for (const seq of [0, 1, 2, 3]) burst.heard(seq, seq * 10 + 5.01, 0, 61, null);
    expect(burst.endMs(36)).toBeCloseTo(46, 6);
    expect(burst.endMs(1029)).toBe(1030);
  });
});
