/**
 * Samples as a site brings them: devices with two ports (see port.ts) and their state, processor, memory,
 * temperature, storage and round-trip times, every series once a minute, by the rhythm and noise of the simulated offices.
 * Values are pure functions of (device, series, tick), so both sides of a bench get the same. Pure.
 */
import { seriesId, type SeriesDescription } from '@kaiku/protocol';
import { createFlow, createRhythms, hash01, lineNoise, type RhythmName } from '@kaiku/testkit';
import { portCounters } from './port.ts';

export interface WorkloadOptions {
  readonly devices: number;
  /** Rounds of all series. */
  readonly ticks: number;
  readonly everyMs: number;
  /** Time of the first round, a multiple of `everyMs`. */
  readonly fromMs: number;
}

export interface WorkloadSeries {
  readonly description: SeriesDescription;
  readonly id: bigint;
  readonly read: (atMs: number) => number;
}

export interface WorkloadDevice {
  /** Its slot lies this far behind the round's time, ms. */
  readonly offsetMs: number;
  readonly gauges: readonly WorkloadSeries[];
  /** Whole numbers below 2^53. */
  readonly counters: readonly WorkloadSeries[];
  /** How far apart the device's readings of round `tick` and the one before lay, ms, by its own clock. */
  readonly intervalMs: (tick: number) => number;
}

export interface Workload extends WorkloadOptions {
  readonly all: readonly WorkloadDevice[];
  readonly series: number;
  readonly samples: number;
}

/** Gauges and counters of one device: what a switch or server of an office is asked for. */
export const SERIES_PER_DEVICE = 20;
const INTERFACES = 2;
const RHYTHMS: readonly RhythmName[] = ['office', 'office', 'public', 'nightly', 'steady'];
const MEMORY_KIB = 16 * 1024 * 1024;
const PAGE_KIB = 4;
const DISK_UNITS = 120_000_000;
/** Readings of devices come this much early or late, ms, by their hundredths of a second. */
const JITTER_MS = 40;

export function createWorkload(options: WorkloadOptions): Workload {
  const profiles = createRhythms(2);
  const all = Array.from({ length: options.devices }, (_, index) => createDevice(index, options, profiles));
  const series = options.devices * SERIES_PER_DEVICE;
  return { ...options, all, series, samples: series * options.ticks };
}

function createDevice(
  index: number,
  { everyMs, fromMs, ticks }: WorkloadOptions,
  profiles: ReturnType<typeof createRhythms>,
): WorkloadDevice {
  const entity = `bench-dev-${String(index).padStart(5, '0')}`;
  const seed = Math.imul(index + 1, 0x9e3779b1);
  const profile = profiles[RHYTHMS[index % RHYTHMS.length] ?? 'office'];
  const gauges: WorkloadSeries[] = [];
  const counters: WorkloadSeries[] = [];
  const add = (kind: 'gauge' | 'counter', metric: string, instance: string, read: (atMs: number) => number): void => {
    const description = { entity, metric, instance, kind } as const;
    (kind === 'gauge' ? gauges : counters).push({ description, id: seriesId(description), read });
  };
  const load = createFlow({ profile, perSecond: 1, seed });
  const wave = (salt: number, spanMs: number) => (atMs: number) => lineNoise(seed ^ salt, atMs / spanMs);

  const cpu = wave(0x11, 60_000);
  add('gauge', 'hrProcessorLoad', '1', (atMs) =>
    Math.round(Math.min(100, 4 + 22 * load.rate(atMs) * (0.6 + 0.8 * cpu(atMs)))),
  );
  const echo = wave(0x55, 41_000);
  const memory = wave(0x22, 1_800_000);
  add(
    'gauge',
    'memAvailReal',
    '',
    (atMs) => PAGE_KIB * Math.floor((MEMORY_KIB / PAGE_KIB) * (0.3 + 0.2 * memory(atMs) + 0.002 * echo(atMs))),
  );
  const temperature = wave(0x33, 900_000);
  add('gauge', 'entPhySensorValue', 'inlet', (atMs) => Math.round(2 * (24 + 6 * temperature(atMs))) / 2);
  // A disk hardly moves.
  const rest = Math.floor(DISK_UNITS * (0.4 + 0.2 * hash01(seed, 1)));
  add('gauge', 'hrStorageUsed', '/', (atMs) => rest + 3 * Math.floor((atMs - fromMs) / 600_000));
  const near = 0.4 + 20 * hash01(seed, 2) ** 3;
  const microseconds = (ms: number): number => Math.round(ms * 1000) / 1000;
  add('gauge', 'rtt', '', (atMs) => microseconds(near * (1 + 0.2 * echo(atMs))));
  add('gauge', 'loss', '', (atMs) => (hash01(seed ^ 0x66, Math.floor(atMs / everyMs)) < 0.004 ? 0.2 : 0));
  for (let port = 1; port <= INTERFACES; port += 1) add('gauge', 'ifOperStatus', `Gi1/0/${port}`, () => 1);

  // One hour's mean a tick: what the noise of each minute adds is the port's own.
  const activity = (tick: number): number => load.rate(fromMs + Math.floor(tick / 60) * 3_600_000);
  const tickAt = (atMs: number): number => Math.floor((atMs - fromMs) / everyMs);
  for (let port = 0; port < INTERFACES; port += 1) {
    for (const { metric, readings } of portCounters({
      seed: seed ^ Math.imul(port + 1, 0x85ebca6b),
      ticks,
      activity,
    })) {
      add('counter', metric, `Gi1/0/${port + 1}`, (atMs) => readings[tickAt(atMs)] ?? 0);
    }
  }
  return {
    offsetMs: Math.floor(hash01(seed, 40) * everyMs),
    gauges,
    counters,
    intervalMs: (tick) =>
      everyMs + 10 * Math.round(((hash01(seed ^ 0x99, tick) - hash01(seed ^ 0x99, tick - 1)) * JITTER_MS) / 10),
  };
}
