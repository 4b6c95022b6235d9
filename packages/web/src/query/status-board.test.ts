import type { LatestValue } from '@kaiku/store';
import { describe, expect, it } from 'vitest';
import { newest } from './status-board.ts';

const latest = (series: bigint, ts: number, status: number): LatestValue => ({ series, ts, value: 1, status });
/** Series 1 and 2 are the checks of one proof, series 3 another proof. */
const owners = new Map([
  ['mail', [[1n, 2n]]],
  ['either', [[1n], [3n]]],
]);

describe('what is newest of a device', () => {
  it('a service answers while all of its checks do', () => {
    expect(newest([latest(1n, 60_000, 0), latest(2n, 60_000, 0)], owners).get('mail')).toEqual({
      ms: 60_000,
      answering: true,
    });
    expect(newest([latest(1n, 60_000, 0), latest(2n, 0, 3)], owners).get('mail')).toEqual({
      ms: 60_000,
      answering: false,
    });
  });

  it('with two proofs an answer counts more than a failure of the same minute', () => {
    expect(newest([latest(1n, 60_000, 1), latest(3n, 30_000, 0)], owners).get('either')?.answering).toBe(true);
    expect(newest([latest(1n, 600_000, 1), latest(3n, 30_000, 0)], owners).get('either')?.answering).toBe(false);
    expect(newest([], owners).has('either')).toBe(false);
  });
});
