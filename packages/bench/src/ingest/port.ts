/**
 * What a port of an office's switch counts, minute by minute. A third of all ports are unused, half serve a desk
 * (mostly idle, now and then a transfer), the rest are uplinks. The mix of `bench insert`. Pure.
 */
import { hash01 } from '@kaiku/testkit';

const COUNTERS = [
  'ifHCInOctets',
  'ifHCInUcastPkts',
  'ifHCOutOctets',
  'ifHCOutUcastPkts',
  'ifInErrors',
  'ifInDiscards',
] as const;

export interface PortCounter {
  readonly metric: (typeof COUNTERS)[number];
  /** Readings by tick. Whole numbers below 2^53. */
  readonly readings: Float64Array;
}

export interface PortOptions {
  readonly seed: number;
  readonly ticks: number;
  /** How busy the office is in a tick, about 1 in working hours. */
  readonly activity: (tick: number) => number;
}

const UNUSED = 0.35;
const DESK = 0.85;
const BAD_CABLE = 0.025;
const FULL_UPLINK = 0.1;

type Octets = (tick: number, way: number) => number;

export function portCounters({ seed, ticks, activity }: PortOptions): readonly PortCounter[] {
  const kind = hash01(seed, 1);
  const noise = (tick: number, use: number): number => hash01(seed ^ Math.imul(use + 2, 0x9e3779b1), tick);
  // 20 kB/s to 20 MB/s in, a third of it out.
  const mean = 60 * 2e4 * 10 ** (3 * hash01(seed, 2));
  const uplink: Octets = (tick, way) =>
    Math.round((mean / (1 + 2 * way)) * activity(tick) * (0.85 + 0.3 * noise(tick, way)));
  const desk: Octets = (tick, way) => {
    const random = noise(tick, way);
    if (random < 0.6) return 64 * Math.round(60 * noise(tick, way + 2));
    return Math.round(20_000 + random ** 8 * 80e6 * activity(tick));
  };
  const octets: Octets = kind < UNUSED ? () => 0 : kind < DESK ? desk : uplink;
  /** Of 300 to 900 octets. */
  const packets: Octets = (tick, way) => Math.ceil(octets(tick, way) / (300 + 600 * noise(tick, way + 4)));
  const now = (tick: number, use: number, share: number, most: number): number =>
    noise(tick, use) < share ? Math.ceil(noise(tick, use + 1) * most) : 0;
  const errors = (tick: number): number => (hash01(seed, 3) < BAD_CABLE ? now(tick, 6, 0.1, 5) : 0);
  const drops = (tick: number): number => (kind >= DESK && hash01(seed, 4) < FULL_UPLINK ? now(tick, 8, 0.05, 40) : 0);
  const steps = [
    (tick: number) => octets(tick, 0),
    (tick: number) => packets(tick, 0),
    (tick: number) => octets(tick, 1),
    (tick: number) => packets(tick, 1),
    errors,
    drops,
  ];
  return COUNTERS.map((metric, index) => {
    const readings = new Float64Array(ticks);
    let value = index < 4 ? 1e9 + Math.floor(hash01(seed, 20 + index) * 1e12) : 0;
    const step = steps[index] ?? errors;
    for (let tick = 0; tick < ticks; tick += 1) {
      readings[tick] = value;
      value += step(tick);
    }
    return { metric, readings };
  });
}
