/** What an office is, and how the offices name and wire their devices. */
import type { DeviceIdentity, FrameOptions, SimDevice } from '../model/device.ts';
import type { InterfaceSpec } from '../model/interfaces.ts';
import { lineNoise, seedOf } from '../rhythm/noise.ts';
import type { Profile, RhythmName } from '../rhythm/profile.ts';
import type { Interval } from '../model/timeline.ts';

export interface SimSite {
  readonly id: string;
  readonly name: string;
  readonly country: 'FI';
  readonly locality: string;
  readonly latitude: number;
  readonly longitude: number;
}

export interface SimAgency {
  readonly id: string;
  readonly name: string;
}

export interface Office {
  readonly site: SimSite;
  /** The agent that measures it. */
  readonly agent: string;
  readonly devices: readonly SimDevice[];
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export interface OfficeContext {
  readonly anchorMs: number;
  readonly rhythms: Readonly<Record<RhythmName, Profile>>;
  readonly site: SimSite;
  /** Third number of the addresses 127.20.<network>.<n>. */
  readonly network: number;
  readonly agent: string;
}

export interface PointSpec {
  readonly id: string;
  readonly nick: string;
  readonly host: number;
  readonly agency: string;
  readonly dependsOn?: readonly string[];
  readonly criticality?: DeviceIdentity['criticality'];
  readonly user?: string;
  readonly room: string;
  readonly extraAgents?: readonly string[];
  readonly bootsMs?: readonly [number, ...number[]];
  readonly outages?: readonly Interval[];
}

/** Description and object id by template: the object ids are in the arc reserved for documentation (RFC 5612). */
const MODELS: Readonly<Record<string, { readonly text: string; readonly arc: number }>> = {
  'generic-router': { text: 'Reitti R2400 router, RouteOS 7.4.2', arc: 1 },
  'core-switch': { text: 'Solmu C9000 core switch, SwitchOS 15.2(7)', arc: 2 },
  'access-switch': { text: 'Solmu A2400 access switch, SwitchOS 15.2(4)', arc: 3 },
  'linux-server': { text: 'Linux 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64', arc: 4 },
  'windows-server': { text: 'Hardware: Intel64 - Software: Windows Server 2022 (Build 20348)', arc: 5 },
  workstation: { text: 'Hardware: Intel64 - Software: Windows 11 (Build 22631)', arc: 6 },
  printer: { text: 'Painaja LP-3300 network printer, firmware 2.10.4', arc: 7 },
  ups: { text: 'Voimavara UPS 3000 network card, firmware 1.9', arc: 8 },
};

export function frameOptions(context: OfficeContext, template: string, point: PointSpec): FrameOptions {
  const model = MODELS[template];
  const { anchorMs, rhythms, site, network, agent } = context;
  return {
    anchorMs,
    rhythms,
    ...(point.bootsMs === undefined ? {} : { bootsMs: point.bootsMs }),
    ...(point.outages === undefined ? {} : { outages: point.outages }),
    identity: {
      id: point.id,
      nick: point.nick,
      template,
      address: `127.20.${network}.${point.host}`,
      site: site.id,
      agency: point.agency,
      agents: [agent, ...(point.extraAgents ?? [])],
      dependsOn: point.dependsOn ?? [],
      criticality: point.criticality ?? 'normal',
      description: model?.text ?? 'Device',
      objectId: `1.3.6.1.4.1.32473.1.${model?.arc ?? 0}`,
      location: `${site.name}, ${point.room}`,
      ...(point.user === undefined ? {} : { user: point.user }),
    },
  };
}

const MBIT = 125_000;

export interface LinkSpec {
  readonly alias: string;
  /** Mean over the week, of its speed. */
  readonly inPercent: number;
  readonly outPercent: number;
  readonly rhythm?: RhythmName;
  readonly downs?: readonly Interval[];
}

/** An interface by its share of use. */
export function link(name: string, speedMbit: number, spec: LinkSpec): InterfaceSpec {
  return {
    name,
    alias: spec.alias,
    speedMbit,
    rhythm: spec.rhythm ?? 'office',
    inBytesPerSecond: (speedMbit * MBIT * spec.inPercent) / 100,
    outBytesPerSecond: (speedMbit * MBIT * spec.outPercent) / 100,
    ...(spec.downs === undefined ? {} : { downs: spec.downs }),
  };
}

/** Desk ports of an access switch: some busy, some idle, a few never used. */
export function deskPorts(switchId: string, ports: number, rooms: string): InterfaceSpec[] {
  return Array.from({ length: ports }, (_, at) => {
    const seed = seedOf(`${switchId}/${at}`);
    const busy = 0.02 + 0.5 * lineNoise(seed, 1) ** 3;
    const name = `Gi1/0/${at + 1}`;
    if (lineNoise(seed, 2) > 0.85)
      return { ...link(name, 1000, { alias: '', inPercent: 0, outPercent: 0 }), unused: true };
    return link(name, 1000, { alias: `desk ${rooms}${101 + at}`, inPercent: busy * 0.4, outPercent: busy });
  });
}

/** Short interruptions again and again: a loose connector. */
export function flaps(fromMs: number, toMs: number, everyMs: number, downMs: number): Interval[] {
  const out: Interval[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) {
    const shift = Math.floor((everyMs - downMs) * lineNoise(17, out.length * 1.37));
    out.push([atMs + shift, atMs + shift + downMs]);
  }
  return out;
}

/** Percent in use that wanders around a mean, with a little daily growth that a clean-up takes back. */
export function wandering(seedName: string, mean: number, span: number): (atMs: number) => number {
  const seed = seedOf(seedName);
  return (atMs) => {
    const daily = (atMs % DAY_MS) / DAY_MS;
    return mean + span * (lineNoise(seed, atMs / (20 * HOUR_MS)) - 0.5) + daily * span * 0.2;
  };
}
