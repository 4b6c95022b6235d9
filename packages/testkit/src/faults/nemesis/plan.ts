/**
 * The nemesis' plan: which fault strikes whom, when and for how long, drawn from a seed. Pure, so that the same seed
 * gives the same plan. One target suffers one fault at a time; faults of different targets overlap as they fall.
 */
import { random } from '../random.ts';

export const FAULT_KINDS = [
  'kill',
  'stop',
  'hole',
  'hole-up',
  'hole-down',
  'thin-line',
  'cuts',
  'refusal',
  'wipe-site',
  'purge-site',
  'flip-site',
  'wipe-store',
  'fill-disk',
  'damage-buffer',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlannedFault {
  readonly atS: number;
  readonly kind: FaultKind;
  readonly target: string;
  readonly forS: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly sites: readonly string[];
  readonly stores: readonly string[];
  readonly loggers: readonly string[];
  readonly agents: readonly string[];
  /** Agents whose disk can be filled. */
  readonly smallDisks: readonly string[];
}

interface Kind {
  readonly kind: FaultKind;
  readonly weight: number;
  readonly targets: readonly string[];
  /** Shortest and longest, seconds. */
  readonly forS: readonly [number, number];
  /** At least so long between two of this kind: what takes long to heal. */
  readonly restS: number;
}

/** Between two faults, on average. */
const EVERY_S = 7;
/** Nothing strikes at the end: the last fault has ended before healing is timed. */
const QUIET_S = 20;

export function planFaults(options: PlanOptions): readonly PlannedFault[] {
  const { seed, seconds, sites, stores, loggers, agents, smallDisks } = options;
  const roll = random(seed);
  const everybody = [...sites, ...stores, ...loggers, ...agents];
  const kinds: readonly Kind[] = [
    { kind: 'kill', weight: 30, targets: everybody, forS: [0, 12], restS: 0 },
    { kind: 'stop', weight: 14, targets: everybody, forS: [1, 20], restS: 0 },
    { kind: 'hole', weight: 4, targets: agents, forS: [2, 30], restS: 0 },
    { kind: 'hole-up', weight: 3, targets: agents, forS: [2, 30], restS: 0 },
    { kind: 'hole-down', weight: 3, targets: agents, forS: [2, 30], restS: 0 },
    { kind: 'thin-line', weight: 4, targets: agents, forS: [5, 30], restS: 0 },
    { kind: 'cuts', weight: 4, targets: agents, forS: [2, 15], restS: 0 },
    { kind: 'refusal', weight: 3, targets: agents, forS: [2, 30], restS: 0 },
    { kind: 'wipe-site', weight: 3, targets: sites, forS: [0, 3], restS: 60 },
    { kind: 'purge-site', weight: 3, targets: sites, forS: [0, 0], restS: 60 },
    { kind: 'flip-site', weight: 3, targets: sites, forS: [0, 3], restS: 60 },
    { kind: 'wipe-store', weight: 2, targets: stores, forS: [0, 3], restS: 240 },
    { kind: 'fill-disk', weight: 3, targets: smallDisks, forS: [2, 15], restS: 60 },
    { kind: 'damage-buffer', weight: 2, targets: agents, forS: [0, 2], restS: 240 },
  ];
  const busyUntil = new Map<string, number>();
  const plan: PlannedFault[] = [];
  for (let atS = 5 * roll(); atS < seconds - QUIET_S; atS += 2 * EVERY_S * roll()) {
    const open = kinds.filter(
      ({ kind, targets }) =>
        (busyUntil.get(kind) ?? 0) <= atS && targets.some((target) => (busyUntil.get(target) ?? 0) <= atS),
    );
    let mark = roll() * open.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = open.find(({ weight }) => (mark -= weight) < 0) ?? open.at(0);
    if (chosen === undefined) continue;
    const free = chosen.targets.filter((target) => (busyUntil.get(target) ?? 0) <= atS);
    const target = free[Math.floor(roll() * free.length)];
    if (target === undefined) continue;
    const [shortest, longest] = chosen.forS;
    const forS = Math.min(shortest + (longest - shortest) * roll() ** 2, seconds - QUIET_S - atS);
    // A few seconds of peace, so that a part is up again before it is struck again.
    busyUntil.set(target, atS + forS + 4);
    busyUntil.set(chosen.kind, atS + chosen.restS);
    plan.push({ atS: round(atS), kind: chosen.kind, target, forS: round(forS) });
  }
  return plan;
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;
