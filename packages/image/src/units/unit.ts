/**
 * Units: which prefix a magnitude gets. bit/s and everything unknown take SI prefixes (1000), bytes
 * IEC prefixes (1024), durations the next larger unit of time, ratios are shown in per cent.
 */
export interface Prefixed {
  /** Shown number = value / divisor. */
  readonly divisor: number;
  /** Unit with its prefix: `Mbit/s`, `GiB`, `ms`; empty for bare numbers. */
  readonly text: string;
}

const IEC_UNITS = new Set(['B', 'B/s']);
/** Units that read oddly with a prefix, and do not start at zero by nature. */
const PLAIN_UNITS = new Set(['°C', '°F', 'dB', 'dBm', 'V', 'Hz', 'MOS']);
/** Seconds in a unit of time. */
const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
};
const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
/** Rounded to three digits, 999.5 would read 1000: the next prefix starts there. */
const NEXT_PREFIX = 999.5;

export function isBinaryUnit(unit: string): boolean {
  return IEC_UNITS.has(unit);
}

export function isTraffic(unit: string): boolean {
  return unit === 'bit/s';
}

/** False for temperatures and the like, whose graphs may leave zero out. */
export function startsAtZero(unit: string): boolean {
  return !PLAIN_UNITS.has(unit);
}

export function prefixFor(unit: string, magnitude: number): Prefixed {
  const size = Math.abs(magnitude);
  if (unit === '%') return { divisor: 1, text: '%' };
  if (unit === 'ratio') return { divisor: 0.01, text: '%' };
  if (PLAIN_UNITS.has(unit)) return { divisor: 1, text: unit };
  const seconds = SECONDS[unit];
  if (seconds !== undefined) return size === 0 ? { divisor: 1, text: unit } : durationPrefix(size * seconds, seconds);
  if (IEC_UNITS.has(unit)) return step(size, 1024, IEC, unit);
  if (unit === '' || unit === '1') return step(size, 1000, SI, '');
  if (unit === '1/s') return step(size, 1000, SI, '/s');
  return step(size, 1000, SI, unit);
}

function step(size: number, base: number, prefixes: readonly string[], unit: string): Prefixed {
  let divisor = 1;
  let index = 0;
  while (index < prefixes.length - 1 && size >= NEXT_PREFIX * divisor) {
    divisor *= base;
    index++;
  }
  return { divisor, text: (prefixes[index] ?? '') + unit };
}

/** A value in units of `unitSeconds` whose size is `seconds`. */
function durationPrefix(seconds: number, unitSeconds: number): Prefixed {
  const [text, size] =
    seconds >= 2 * 86_400
      ? ['d', 86_400]
      : seconds >= 2 * 3600
        ? ['h', 3600]
        : seconds >= 120
          ? ['min', 60]
          : seconds >= 0.9995
            ? ['s', 1]
            : seconds >= 0.0995e-3
              ? ['ms', 1e-3]
              : ['µs', 1e-6];
  // Rounded to twelve digits: 1e-3 / 1 and its kin must not leave 0.30000000000000004 behind.
  return { divisor: Number((size / unitSeconds).toPrecision(12)), text };
}
