import { describe, expect, it } from 'vitest';
import { stretches } from './rollup-sql.ts';

const HOUR = 3_600_000;

describe('stretches of a rollup', () => {
  it('are whole hours around the range', () => {
    expect(stretches(HOUR + 1, HOUR + 2)).toEqual([{ fromMs: HOUR, toMs: 2 * HOUR }]);
    expect(stretches(HOUR, 2 * HOUR)).toEqual([{ fromMs: HOUR, toMs: 2 * HOUR }]);
  });
  it('are at most six hours and leave nothing out', () => {
    const parts = stretches(30 * 60_000, 14 * HOUR);
    expect(parts.map((part) => (part.toMs - part.fromMs) / HOUR)).toEqual([6, 6, 2]);
    expect(parts[1]?.fromMs).toBe(parts[0]?.toMs);
    expect(parts.at(-1)?.toMs).toBe(14 * HOUR);
  });
  it('of nothing are none', () => {
    expect(stretches(HOUR, HOUR)).toEqual([]);
  });
});
