/** Fixed specs for the golden pictures: one of each style, gaps, markers, both themes, small and empty. */
import type { GraphSpec } from '../spec.ts';

const FROM_MS = Date.parse('2025-01-13T06:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = 900_000;
const COUNT = 96;

/** A wave without random parts: the same on every machine. */
function wave(level: number, swing: number, phase: number): Float64Array {
  return Float64Array.from({ length: COUNT }, (_, i) =>
    Math.round(level + swing * Math.sin(i / 15 + phase) + (swing / 6) * Math.sin(i * 2.3 + phase)),
  );
}

function withBand(avg: Float64Array, share: number): { avg: Float64Array; min: Float64Array; max: Float64Array } {
  return { avg, min: avg.map((v) => v * (1 - share)), max: avg.map((v) => v * (1 + share)) };
}

function gap(values: Float64Array, start: number, end: number): Float64Array {
  return values.slice().fill(Number.NaN, start, end);
}

const BASE = {
  fromMs: FROM_MS,
  toMs: FROM_MS + DAY_MS,
  stepMs: STEP_MS,
  timeZone: 'Europe/Helsinki',
  width: 800,
  height: 320,
  theme: 'light',
} as const;

export const EXAMPLES: Readonly<Record<string, GraphSpec>> = {
  traffic: {
    ...BASE,
    title: 'Traffic',
    subtitle: 'sw-hki-core1 · Gi0/1 <uplink>',
    unit: 'bit/s',
    style: 'mirror',
    lines: [
      { label: 'In', scale: 8, ...withBand(gap(wave(6e6, 4e6, 0), 40, 46), 0.2) },
      { label: 'Out', scale: 8, ...withBand(gap(wave(2e6, 1e6, 1), 40, 46), 0.2) },
    ],
    nowMs: FROM_MS + DAY_MS,
    markers: [
      {
        kind: 'alarm',
        severity: 'critical',
        atMs: FROM_MS + 14 * HOUR_MS,
        toMs: FROM_MS + 15 * HOUR_MS,
        label: 'Link "down"',
      },
      { kind: 'maintenance', atMs: FROM_MS + 19 * HOUR_MS, toMs: FROM_MS + 22 * HOUR_MS, label: 'Firmware' },
    ],
  },
  'memory-dark': {
    ...BASE,
    theme: 'dark',
    title: 'Memory',
    subtitle: 'srv-db1',
    unit: 'B',
    style: 'stack',
    lines: [
      { label: 'Used', avg: wave(9 * 2 ** 30, 2 ** 29, 0) },
      { label: 'Cached', avg: gap(wave(4 * 2 ** 30, 2 ** 29, 2), 60, 64) },
      { label: 'Free', avg: wave(2 * 2 ** 30, 2 ** 28, 4) },
    ],
  },
  'rtt-phone': {
    ...BASE,
    width: 390,
    height: 260,
    title: 'Round-trip time',
    subtitle: 'a subtitle too long to stand beside the title of a phone',
    unit: 'ms',
    style: 'band',
    lines: [{ label: 'srv-db1', ...withBand(wave(12, 4, 0), 0.3) }],
    nowMs: FROM_MS + 20 * HOUR_MS,
  },
  cores: {
    ...BASE,
    title: 'Processor cores',
    unit: '%',
    style: 'line',
    yMin: 0,
    yMax: 100,
    lines: Array.from({ length: 8 }, (_, i) => ({ label: `Core ${i}`, avg: wave(20 + 8 * i, 10, i) })),
  },
  empty: {
    ...BASE,
    title: 'Traffic',
    unit: 'bit/s',
    style: 'area',
    lines: [{ label: 'In', avg: new Float64Array(COUNT).fill(Number.NaN) }],
  },
};
