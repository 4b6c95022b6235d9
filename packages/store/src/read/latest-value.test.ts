import { VERDICT } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import { counterRate, preferLatest } from './latest-value.ts';

const at = (ts: number, status: number): { series: bigint; ts: number; value: number; status: number } => ({
  series: 1n,
  ts,
  value: status === 0 ? 5 : Number.NaN,
  status,
});

describe('the newest value of two agents', () => {
  it('is the newer one', () => {
    expect(preferLatest(at(1000, 0), at(2000, 0)).ts).toBe(2000);
    expect(preferLatest(at(1000, 1), at(2000, 0)).ts).toBe(2000);
  });
  it("is the success of one over the other's failure at about the same time", () => {
    expect(preferLatest(at(60_000, 1), at(30_000, 0)).status).toBe(0);
    expect(preferLatest(at(30_000, 0), at(60_000, 1)).status).toBe(0);
  });
  it('is the failure when the success is long past', () => {
    expect(preferLatest(at(600_000, 1), at(30_000, 0)).status).toBe(1);
  });
});

describe("a counter's rate over its last step", () => {
  const reading = (ts: number, value: bigint, verdict: number, intervalMs = 30_000) => ({
    ts,
    value,
    verdict,
    intervalMs,
  });
  it.each([
    ['a rise', reading(0, 100n, 0), reading(30_000, 400n, VERDICT.ok), 10],
    ['a wrap', reading(0, 2n ** 32n - 100n, 0), reading(30_000, 200n, VERDICT.wrapped), 10],
    ['a reset', reading(0, 100n, 0), reading(30_000, 400n, VERDICT.reset), Number.NaN],
    ['the first reading', undefined, reading(30_000, 400n, VERDICT.ok), Number.NaN],
    ['a hole: the reading before is not the predecessor', reading(0, 1n, 0), reading(90_000, 9n, 0), Number.NaN],
    ['a hole of one at a short interval', reading(0, 1n, 0, 1000), reading(2000, 9n, 0, 1000), Number.NaN],
    ['64 bits, exact', reading(0, 2n ** 64n - 301n, 0), reading(30_000, 2n ** 64n - 1n, 0), 10],
  ])('%s', (_, before, now, rate) => {
    expect(counterRate(before, now)).toBe(rate);
  });
});
