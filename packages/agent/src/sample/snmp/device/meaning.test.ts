/** Readings and what they mean. */
import { describe, expect, it } from 'vitest';
import { gaugeValue } from '../codec/value.ts';
import { readerOf, withExponent } from './meaning.ts';
import { RateTrack } from './row-sums.ts';

const OCTETS = 4;
const text = (words: string): number => {
  const bytes = Buffer.from(words, 'latin1');
  return gaugeValue(OCTETS, bytes, 0, bytes.length);
};

describe('numbers in texts', () => {
  it.each([
    ['0.15', 0.15],
    ['12.30 %', 12.3],
    ['45 C/113 F', 45],
    ['1200 RPM', 1200],
    [' -3 ', -3],
    ['7980.5 MB', 7980.5],
    ['', NaN],
    ['10.1.2.3', NaN],
    ['2024-01-01', NaN],
    ['Gi1/0/1', NaN],
    ['1x', NaN],
  ])('%s is %d', (words, number) => expect(text(words)).toEqual(number));
});

describe('readerOf', () => {
  it('scales, shifts and knows words', () => {
    expect(readerOf({ scale: 0.1, offset: -273 })(2932, () => '')).toBeCloseTo(20.2);
    const read = readerOf({ scale: 1, texts: { poweredOn: 1, 'powered off': 0 } });
    expect(read(Number.NaN, () => 'POWEREDON ')).toBe(1);
    expect(read(Number.NaN, () => 'on fire')).toBeNaN();
  });

  it('gives nothing where the device says that there is none', () => {
    const read = readerOf({ scale: 0.1, absent: [-1, 5] });
    expect(read(5, () => '')).toBeUndefined();
    expect(read(50, () => '')).toBe(5);
  });

  it('puts the point of a sensor where its columns say', () => {
    expect(withExponent(235, 9, 1)).toBe(23.5);
    expect(withExponent(12_043, 8, 0)).toBe(12.043);
    expect(withExponent(3, 10, 0)).toBe(3000);
    expect(withExponent(42)).toBe(42);
    // A negative precision says how many digits are accurate.
    expect(withExponent(235, 9, -2)).toBe(235);
  });
});

describe('RateTrack', () => {
  it('needs two readings, forgives restarts and falls', () => {
    const track = new RateTrack();
    const at = (upMs: number, boots = 0) => ({ upMs, boots });
    expect(track.perSecond(100, at(0))).toBeUndefined();
    expect(track.perSecond(150, at(10_000))).toBe(5);
    expect(track.perSecond(20, at(20_000))).toBeUndefined();
    expect(track.perSecond(30, at(30_000, 1))).toBeUndefined();
    expect(track.perSecond(40, at(40_000, 1))).toBe(1);
  });
});
