import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandTrack, lineTrack, type Mapping, type Track } from './track.ts';
import { pathOf } from '../draw/path-writer.ts';

function mapping(count: number, columns: number, high = 100): Mapping {
  const dx = (10 * columns) / count;
  return { x0: 100 + dx / 2, dx, y0: 1000, perUnit: 1000 / high, top: 0, bottom: 1000, count, columns };
}

const runsOf = (track: Track): number => track.runs.length / 2;

describe('lines', () => {
  test('each stretch of known values is a run of its own, a lone value too', () => {
    const nan = Number.NaN;
    const track = lineTrack(Float64Array.of(1, 2, nan, nan, 3, nan, 4, 4), 1, mapping(8, 80));
    expect(runsOf(track)).toBe(3);
    const [, , start = 0, end = 0] = track.runs;
    expect((track.x[end - 1] ?? 0) - (track.x[start] ?? 0)).toBe(100);
  });

  test('a flat line is two points', () => {
    expect(lineTrack(new Float64Array(500).fill(7), 1, mapping(500, 600)).x).toHaveLength(2);
  });

  test('reduced to columns, no peak is lost and no step of x goes back', () => {
    const values = fc.array(fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(Number.NaN)), {
      minLength: 201,
      maxLength: 900,
    });
    fc.assert(
      fc.property(values, (list) => {
        const map = mapping(list.length, 100);
        const track = lineTrack(Float64Array.from(list), 1, map);
        expect(track.x.length).toBeLessThanOrEqual(400 + 8);
        const known = list.filter((value) => !Number.isNaN(value));
        if (known.length > 0) {
          expect(Math.min(...track.top)).toBe(Math.round(1000 - 10 * Math.max(...known)));
          expect(Math.max(...track.top)).toBe(Math.round(1000 - 10 * Math.min(...known)));
        }
        for (let i = 1; i < track.x.length; i++) expect(track.x[i] ?? 0).toBeGreaterThanOrEqual(track.x[i - 1] ?? 0);
      }),
    );
  });

  test('values beyond the axis stay in the plot', () => {
    expect([...lineTrack(Float64Array.of(-50, 500), 1, mapping(2, 20)).top]).toEqual([1000, 1000, 0, 0]);
  });
});

describe('bands', () => {
  test('enclose all extremes of a column, mirrored ones too', () => {
    const lows = Float64Array.from({ length: 400 }, (_, i) => 20 + (i % 7));
    const highs = lows.map((v) => v + 30);
    const track = bandTrack(lows, highs, 1, mapping(400, 50));
    expect(Math.min(...track.top)).toBe(1000 - 560);
    const mirrored = bandTrack(lows, highs, -1, { ...mapping(400, 50), y0: 0 });
    expect(Math.max(...(mirrored.bottom as Int32Array))).toBe(560);
  });
});

describe('path data', () => {
  test('relative whole numbers, closed surfaces', () => {
    const x = Int32Array.of(0, 10, 20);
    const top = Int32Array.of(5, 2, 12345);
    expect(pathOf({ x, top, runs: [0, 3] })).toBe('M0 5l10-3 10 12343');
    expect(pathOf({ x, top, bottom: 100, runs: [0, 2] })).toBe('M0 100V5l10-3V100z');
    expect(pathOf({ x, top, bottom: Int32Array.of(9, 8, 7), runs: [0, 2] })).toBe('M0 5l10-3V8l-10 1z');
    expect(pathOf({ x, top, runs: [1, 2] })).toBe('M10 2');
    expect(pathOf({ x, top, runs: [] })).toBe('');
  });
});
