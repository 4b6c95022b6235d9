/** Hosts: HOST-RESOURCES (RFC 2790) and, for Linux, UCD-SNMP: storage, processors, sessions, load, memory. */
import { lineNoise, seedOf } from '../rhythm/noise.ts';
import type { RhythmName } from '../rhythm/profile.ts';
import type { DeviceFrame, StorageControl } from './device.ts';

export interface StorageSpec {
  readonly name: string;
  readonly gigabytes: number;
  /** Percent in use. */
  readonly percent: (atMs: number) => number;
  readonly memory?: boolean;
}

const HR = '1.3.6.1.2.1.25';
const UCD = '1.3.6.1.4.1.2021';
const FIXED_DISK = `${HR}.2.1.4`;
const RAM = `${HR}.2.1.2`;
const UNIT_BYTES = 4096;

export function addStorage(frame: DeviceFrame, specs: readonly StorageSpec[]): void {
  const { mib, storages } = frame;
  const table = `${HR}.2.3.1`;
  specs.forEach(({ name, gigabytes, percent, memory = false }, at) => {
    const index = at + 1;
    const control: StorageControl = { forcedPercent: undefined };
    storages.set(name, control);
    const units = Math.floor((gigabytes * 1e9) / UNIT_BYTES);
    mib.number(`${table}.1`, index, 'integer', index);
    mib.text(`${table}.2`, index, 'oid', memory ? RAM : FIXED_DISK);
    mib.text(`${table}.3`, index, 'octets', name);
    mib.number(`${table}.4`, index, 'integer', UNIT_BYTES);
    mib.number(`${table}.5`, index, 'integer', units);
    mib.number(`${table}.6`, index, 'integer', (atMs) =>
      Math.floor((units * clamp(control.forcedPercent ?? percent(atMs), 0, 100)) / 100),
    );
  });
}

export interface LoadSpec {
  readonly processors: number;
  readonly rhythm: RhythmName;
  /** Percent at rest, and what mean busyness adds. */
  readonly restPercent: number;
  readonly busyPercent: number;
}

/** hrProcessorTable. Answers the mean load in percent, for what follows from it. */
export function addProcessors(frame: DeviceFrame, spec: LoadSpec): (atMs: number) => number {
  const { mib, identity } = frame;
  const flow = frame.flow('cpu', spec.rhythm, 1);
  const mean = (atMs: number): number => spec.restPercent + spec.busyPercent * flow.rate(atMs);
  for (let processor = 0; processor < spec.processors; processor += 1) {
    const index = 196_608 + processor;
    const seed = seedOf(`${identity.id}/cpu${processor}`);
    mib.number(`${HR}.3.3.1.2`, index, 'integer', (atMs) =>
      Math.round(clamp(mean(atMs) * (0.6 + 0.8 * lineNoise(seed, atMs / 60_000)), 0, 100)),
    );
  }
  return mean;
}

export interface SessionSpec {
  readonly users: number;
  readonly processes: number;
  readonly connections: number;
}

export function addSessions(frame: DeviceFrame, { users, processes, connections }: SessionSpec): void {
  const { mib } = frame;
  const flow = frame.flow('sessions', 'office', 1);
  const gauge = (object: string, rest: number, busy: number): void =>
    mib.number(object, 0, 'gauge32', (atMs) => Math.round(rest + busy * Math.min(flow.rate(atMs), 4)));
  mib.number(`${HR}.1.1`, 0, 'ticks', (atMs) => Math.floor((atMs - frame.boots.bootOf(atMs)) / 10) % 2 ** 32);
  gauge(`${HR}.1.5`, 0, users);
  gauge(`${HR}.1.6`, processes, processes * 0.05);
  gauge('1.3.6.1.2.1.6.9', connections * 0.2, connections);
}

/** UCD-SNMP load and memory of a Linux host. */
export function addUcd(
  frame: DeviceFrame,
  cpu: (atMs: number) => number,
  processors: number,
  memoryGigabytes: number,
): void {
  const { mib, seed } = frame;
  const spansMs = [60_000, 300_000, 900_000];
  spansMs.forEach((spanMs, at) => {
    const load = (atMs: number): number => {
      const mean = (cpu(atMs) + cpu(atMs - spanMs / 2) + cpu(atMs - spanMs)) / 3;
      return (mean / 100) * processors * 1.1;
    };
    mib.number(`${UCD}.10.1.1`, at + 1, 'integer', at + 1);
    mib.number(`${UCD}.10.1.5`, at + 1, 'integer', (atMs) => Math.round(load(atMs) * 100));
  });
  const total = Math.floor((memoryGigabytes * 1e9) / 1024);
  const share =
    (from: number, span: number, salt: number) =>
    (atMs: number): number =>
      Math.floor(total * (from + span * lineNoise(seed ^ salt, atMs / 5_400_000)));
  mib.number(`${UCD}.4.5`, 0, 'integer', total);
  const [unused, buffers, cached] = [share(0.08, 0.2, 0x11), share(0.02, 0.01, 0x22), share(0.28, 0.1, 0x33)];
  mib.number(`${UCD}.4.6`, 0, 'integer', unused);
  mib.number(`${UCD}.4.14`, 0, 'integer', buffers);
  mib.number(`${UCD}.4.15`, 0, 'integer', cached);
  mib.number(`${UCD}.4.27`, 0, 'integer', (atMs) => unused(atMs) + buffers(atMs) + cached(atMs));
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
