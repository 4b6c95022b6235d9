import { describe, expect, test } from 'vitest';
import { LinkRate } from './link-rate.ts';

/** Sends one message after another over a link of this rate; each is given up when its patience ends. */
function send(rate: LinkRate, messages: number, bytes: number, bytesPerMs: number, patienceMs = 5000): number {
  let arrived = 0;
  for (let index = 0; index < messages; index += 1) {
    const allowedMs = patienceMs + rate.allowanceMs(bytes);
    const tookMs = bytes / bytesPerMs;
    rate.sent(bytes);
    if (tookMs <= allowedMs) {
      rate.answered(bytes, 0, tookMs);
      arrived += 1;
    } else {
      rate.gaveUp(bytes);
    }
  }
  return arrived;
}

describe('patience by the rate of the link', () => {
  test('nothing on its way: none', () => {
    expect(new LinkRate(16_000).allowanceMs()).toBe(0);
  });

  test('an unknown link is given the first allowance at most, whatever is on its way', () => {
    const rate = new LinkRate(16_000);
    rate.sent(50_000_000);
    expect(rate.allowanceMs()).toBe(16_000);
  });

  test('a fast link is given little', () => {
    const rate = new LinkRate(16_000);
    expect(send(rate, 20, 100_000, 10_000)).toBe(20);
    expect(rate.allowanceMs(1_000_000)).toBeLessThan(1000);
  });

  test('64 kbit/s: messages that take 12 s arrive, from the first', () => {
    expect(send(new LinkRate(16_000), 20, 100_000, 8)).toBe(20);
  });

  test('64 kbit/s: messages that take half a minute arrive after a few attempts', () => {
    expect(send(new LinkRate(16_000), 20, 256_000, 8)).toBeGreaterThanOrEqual(17);
  });

  test('many given up do not leave anything outstanding', () => {
    const rate = new LinkRate(16_000);
    send(rate, 100, 10_000_000, 1);
    expect(rate.outstanding).toBe(0);
    expect(rate.allowanceMs(10_000_000)).toBe(64_000);
  });
});
