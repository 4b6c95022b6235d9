/** Whole devices by kind, from a few numbers: what the offices are put together from. */
import { addPrinter, addUps, type SupplySpec, type UpsSpec } from './office-equipment.ts';
import { addInterfaces, type InterfaceSpec } from './interfaces.ts';
import { addProcessors, addSessions, addStorage, addUcd, type LoadSpec, type StorageSpec } from './host.ts';
import { beginDevice, finishDevice, type FrameOptions, type SimDevice } from './device.ts';
import { addProcesses, addUnixDetails } from './system-details.ts';

export function networkDevice(options: FrameOptions, interfaces: readonly InterfaceSpec[], load?: LoadSpec): SimDevice {
  const frame = beginDevice(options);
  addInterfaces(frame, interfaces);
  if (load !== undefined) addProcessors(frame, load);
  return finishDevice(frame, { baseMs: 3.2, busy: 1.4 });
}

const LINUX_PROCESSES = [
  { name: 'postgres', share: 0.42, megabytes: 2400, count: 5 },
  { name: 'nginx', share: 0.21, megabytes: 180, count: 3 },
  { name: 'systemd-journald', share: 0.03, megabytes: 60 },
  { name: 'snmpd', share: 0.02, megabytes: 14 },
];
const WINDOWS_PROCESSES = [
  { name: 'sqlservr.exe', share: 0.4, megabytes: 3800 },
  { name: 'svchost.exe', share: 0.15, megabytes: 420, count: 6 },
  { name: 'snmp.exe', share: 0.01, megabytes: 12 },
];

export interface ServerSpec {
  readonly load: LoadSpec;
  readonly memoryGigabytes: number;
  readonly storage: readonly StorageSpec[];
  readonly interfaces: readonly InterfaceSpec[];
  readonly users: number;
  readonly connections: number;
}

export function linuxServer(options: FrameOptions, spec: ServerSpec): SimDevice {
  const frame = beginDevice(options);
  addInterfaces(frame, spec.interfaces);
  addStorage(frame, spec.storage);
  const cpu = addProcessors(frame, spec.load);
  addSessions(frame, { users: spec.users, processes: 210, connections: spec.connections });
  addUcd(frame, cpu, spec.load.processors, spec.memoryGigabytes);
  addUnixDetails(frame, spec.load);
  addProcesses(frame, spec.load, LINUX_PROCESSES);
  return finishDevice(frame, { baseMs: 1.4, busy: 0.8 });
}

/** Windows servers and workstations: HOST-RESOURCES without the UCD objects. */
export function windowsHost(options: FrameOptions, spec: ServerSpec): SimDevice {
  const frame = beginDevice(options);
  addInterfaces(frame, spec.interfaces);
  addStorage(frame, spec.storage);
  addProcessors(frame, spec.load);
  addSessions(frame, { users: spec.users, processes: 140, connections: spec.connections });
  addProcesses(frame, spec.load, WINDOWS_PROCESSES);
  return finishDevice(frame, { baseMs: 2.4, busy: 1 });
}

export interface PrinterSpec {
  readonly supplies: readonly SupplySpec[];
  readonly pagesPerDay: number;
  readonly wrapAtMs?: number;
}

export function printer(options: FrameOptions, { supplies, pagesPerDay, wrapAtMs }: PrinterSpec): SimDevice {
  const frame = beginDevice(options);
  const port: InterfaceSpec = {
    name: 'eth0',
    description: 'eth0',
    speedMbit: 100,
    rhythm: 'office',
    inBytesPerSecond: pagesPerDay * 6,
    outBytesPerSecond: pagesPerDay * 0.8,
    ...(wrapAtMs === undefined ? {} : { wrapAtMs }),
  };
  addInterfaces(frame, [port], false);
  addPrinter(frame, supplies, pagesPerDay);
  return finishDevice(frame, { baseMs: 7, busy: 0.5 });
}

export function ups(options: FrameOptions, spec: UpsSpec): SimDevice {
  const frame = beginDevice(options);
  addUps(frame, spec);
  return finishDevice(frame, { baseMs: 9, busy: 0.1 });
}
