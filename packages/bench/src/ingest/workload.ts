/**
 * Samples as a site brings them: devices with two interfaces, processor, memory, temperature, storage and
 * round-trip times, every series once a minute, by the weekly rhythm and noise of the simulated offices.
 * Values are pure functions of (device, series, tick), so both sides of a bench get the same. Pure.
 */
import { seriesId, type SeriesDescription } from '@kaiku/protocol';
import { createFlow, createRhythms, hash01, lineNoise, type RhythmName } from '@kaiku/testkit';

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
/** Mean bytes of a packet: small requests out, large answers in. */
const PACKET_BYTES = { in: 870, out: 410 } as const;
const RHYTHMS: readonly RhythmName[] = ['office', 'office', 'public', 'nightly', 'steady'];
const MEMORY_KIB = 16 * 1024 * 1024;
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
  { everyMs, fromMs }: WorkloadOptions,
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
  add('gauge', 'memAvailReal', '', (atMs) => Math.floor(MEMORY_KIB * (0.3 + 0.2 * memory(atMs) + 0.005 * echo(atMs))));
  const temperature = wave(0x33, 900_000);
  add('gauge', 'entPhySensorValue', 'inlet', (atMs) => Math.round(2 * (24 + 6 * temperature(atMs))) / 2);
  // Files come and go between slow growth; one disk hardly moves.
  const files = wave(0x44, 300_000);
  const rest = Math.floor(DISK_UNITS * (0.4 + 0.2 * hash01(seed, 1)));
  add('gauge', 'hrStorageUsed', '/', (atMs) => rest + Math.floor((atMs - fromMs) / 600_000));
  add('gauge', 'hrStorageUsed', '/var', (atMs) => Math.floor(DISK_UNITS * 0.1 * (1 + 0.1 * files(atMs))));
  const near = 0.4 + 20 * hash01(seed, 2) ** 3;
  const microseconds = (ms: number): number => Math.round(ms * 1000) / 1000;
  add('gauge', 'rtt', '', (atMs) => microseconds(near * (1 + 0.2 * echo(atMs))));
  add('gauge', 'loss', '', (atMs) => (hash01(seed ^ 0x66, Math.floor(atMs / everyMs)) < 0.004 ? 0.2 : 0));
  const answer = wave(0x77, 47_000);
  add('gauge', 'snmpRtt', '', (atMs) => microseconds(near * 1.5 + 1 + 3 * answer(atMs)));

  for (let port = 0; port < INTERFACES; port += 1) {
    const instance = `Gi1/0/${port + 1}`;
    // Some ports carry hundreds of Mbit/s, some next to nothing.
    const mean = 2e4 * 10 ** (3 * hash01(seed, 10 + port));
    const started = 1e9 + Math.floor(hash01(seed, 20 + port) * 1e12);
    for (const [way, perSecond, octets, packets] of [
      ['in', mean, 'ifHCInOctets', 'ifHCInUcastPkts'],
      ['out', mean / 3, 'ifHCOutOctets', 'ifHCOutUcastPkts'],
    ] as const) {
      const flow = createFlow({ profile, perSecond, seed: seed ^ (port * 2 + (way === 'in' ? 0 : 1)) });
      const base = flow.total(fromMs - everyMs);
      const sent = (atMs: number): number => flow.total(atMs) - base;
      add('counter', octets, instance, (atMs) => started + Math.floor(sent(atMs)));
      add('counter', packets, instance, (atMs) => started + Math.floor(sent(atMs) / PACKET_BYTES[way]));
    }
    // Errors and discards hardly ever move.
    const faults = createFlow({ profile, perSecond: 2e-5, seed: seed ^ 0x5a5a });
    add('counter', 'ifInErrors', instance, (atMs) => Math.floor(faults.total(atMs)) % 2 ** 32);
    const drops = createFlow({ profile, perSecond: hash01(seed, 30) < 0.2 ? 0.01 : 4e-5, seed: seed ^ 0x3c3c });
    add('counter', 'ifInDiscards', instance, (atMs) => Math.floor(drops.total(atMs)) % 2 ** 32);
  }
  return {
    offsetMs: Math.floor(hash01(seed, 40) * everyMs),
    gauges,
    counters,
    intervalMs: (tick) =>
      everyMs + 10 * Math.round(((hash01(seed ^ 0x99, tick) - hash01(seed ^ 0x99, tick - 1)) * JITTER_MS) / 10),
  };
}
