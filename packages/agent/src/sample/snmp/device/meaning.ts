/**
 * What a gauge's raw reading means, as the plan says: states in words, values that stand for "there is none", scale and
 * offset, a sensor's own power of ten. Pure.
 */
import type { MetricPlan } from '@kaiku/catalog';

/** @returns NaN when the reading is no number, undefined when the device says that there is none */
export type Reader = (raw: number, text: () => string) => number | undefined;

type Meaning = Pick<MetricPlan, 'scale' | 'offset' | 'absent' | 'texts'>;

export function readerOf({ scale, offset = 0, absent, texts }: Meaning): Reader {
  if (texts === undefined && absent === undefined) return (raw) => raw * scale + offset;
  const none = new Set(absent);
  const words = new Map(Object.entries(texts ?? {}).map(([text, value]) => [text.toLowerCase(), value]));
  return (raw, text) => {
    const value = Number.isNaN(raw) && words.size > 0 ? (words.get(text().trim().toLowerCase()) ?? raw) : raw;
    return none.has(value) ? undefined : value * scale + offset;
  };
}

/** EntitySensorDataScale counts steps of a thousand; 9 is the unit itself (RFC 3433). */
const UNITS = 9;

/**
 * A sensor's value, from its columns of scale and precision. Divides where it can: powers of ten are exact, their
 * inverses are not.
 */
export function withExponent(raw: number, scale = UNITS, precision = 0): number {
  // Below 0 it counts the digits that are accurate, and moves nothing (RFC 3433).
  const exponent = 3 * (scale - UNITS) - Math.max(precision, 0);
  return exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent;
}
