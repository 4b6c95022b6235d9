/**
 * A simulated device: who it is, what it answers and when it is away. Everything is a pure function of
 * absolute time and the device's id, except what tests change through the control interface.
 */
import { lineNoise, seedOf } from '../rhythm/noise.ts';
import type { Flow } from '../rhythm/flow.ts';
import { createFlow } from '../rhythm/flow.ts';
import type { Profile, RhythmName } from '../rhythm/profile.ts';
import { Boots } from './boots.ts';
import { MibBuilder, type Mib } from './mib.ts';
import { Timeline, type Interval } from './timeline.ts';

export interface DeviceIdentity {
  readonly id: string;
  readonly nick: string;
  /** Catalog template. */
  readonly template: string;
  readonly address: string;
  readonly site: string;
  readonly agency: string;
  readonly agents: readonly string[];
  readonly dependsOn: readonly string[];
  readonly criticality: 'low' | 'normal' | 'high';
  readonly user?: string;
  readonly description: string;
  /** sysObjectID. */
  readonly objectId: string;
  readonly location: string;
}

export interface SimDevice extends DeviceIdentity {
  readonly community: string;
  readonly mib: Mib;
  /** When it does not answer. */
  readonly outages: Timeline;
  readonly boots: Boots;
  /** Links by ifName (or ifDescr), for the control interface. */
  readonly links: ReadonlyMap<string, Timeline>;
  readonly storages: ReadonlyMap<string, StorageControl>;
  readonly chassis: ChassisControl;
  /** How long its agent takes to answer. */
  readonly responseMs: (atMs: number) => number;
}

export interface StorageControl {
  /** Percent that a test has set; undefined: the model decides. */
  forcedPercent: number | undefined;
}

export interface ChassisControl {
  /** How many times a test has put another device in its place. */
  replaced: number;
}

export interface DeviceFrame {
  readonly identity: DeviceIdentity;
  readonly seed: number;
  readonly anchorMs: number;
  readonly rhythms: Readonly<Record<RhythmName, Profile>>;
  readonly mib: MibBuilder;
  readonly boots: Boots;
  readonly outages: Timeline;
  readonly links: Map<string, Timeline>;
  readonly storages: Map<string, StorageControl>;
  /** A flow of this device, its noise its own by `name`. */
  readonly flow: (name: string, rhythm: RhythmName, perSecond: number) => Flow;
}

export interface FrameOptions {
  readonly identity: DeviceIdentity;
  readonly anchorMs: number;
  readonly rhythms: Readonly<Record<RhythmName, Profile>>;
  readonly bootsMs?: readonly [number, ...number[]];
  readonly outages?: readonly Interval[];
}

const DAY_MS = 86_400_000;

/** Begins a device: the system group is there, the rest is added by the `add…` functions. */
export function beginDevice({ identity, anchorMs, rhythms, bootsMs, outages = [] }: FrameOptions): DeviceFrame {
  const seed = seedOf(identity.id);
  const firstBoot = anchorMs - (40 + (seed & 63)) * DAY_MS - ((seed >>> 6) & 0xffffff);
  const boots = new Boots(bootsMs ?? [firstBoot]);
  const mib = new MibBuilder();
  const system = '1.3.6.1.2.1.1';
  mib.text(`${system}.1`, 0, 'octets', identity.description);
  mib.text(`${system}.2`, 0, 'oid', identity.objectId);
  mib.number(`${system}.3`, 0, 'ticks', (atMs) => Math.floor((atMs - boots.bootOf(atMs)) / 10) % 2 ** 32);
  mib.text(`${system}.4`, 0, 'octets', 'Network operations <noc@kaiku.example>');
  mib.text(`${system}.5`, 0, 'octets', identity.id);
  mib.text(`${system}.6`, 0, 'octets', identity.location);
  mib.number(`${system}.7`, 0, 'integer', 76);
  return {
    identity,
    seed,
    anchorMs,
    rhythms,
    mib,
    boots,
    outages: new Timeline(outages),
    links: new Map(),
    storages: new Map(),
    flow: (name, rhythm, perSecond) =>
      createFlow({ profile: rhythms[rhythm], perSecond, seed: seedOf(`${identity.id}/${name}`) }),
  };
}

export interface ResponseShape {
  /** Median response time at rest. */
  readonly baseMs: number;
  /** How much busy hours add, as a multiple of `baseMs`. */
  readonly busy: number;
}

export function finishDevice(frame: DeviceFrame, { baseMs, busy }: ResponseShape): SimDevice {
  const { identity, seed, rhythms, mib, boots, outages, links, storages } = frame;
  const office = rhythms.office;
  const load = createFlow({ profile: office, perSecond: 1, seed: seed ^ 0x5eed });
  return {
    ...identity,
    community: 'public',
    mib: mib.build(),
    boots,
    outages,
    links,
    storages,
    chassis: { replaced: 0 },
    responseMs: (atMs) => {
      const jitter = lineNoise(seed ^ 0x77, atMs / 7000);
      return baseMs * (0.8 + 0.4 * jitter + 0.5 * jitter ** 8) + baseMs * busy * 0.3 * Math.min(load.rate(atMs), 4);
    },
  };
}
