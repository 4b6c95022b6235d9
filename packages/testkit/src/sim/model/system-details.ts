/**
 * What a host tells of its inside: processor time by sort, disk traffic, swap (UCD-SNMP), processes by name
 * (HOST-RESOURCES), temperatures of the board (LM-SENSORS). All of it follows the host's load.
 */
import { lineNoise } from '../rhythm/noise.ts';
import type { DeviceFrame } from './device.ts';
import type { LoadSpec } from './host.ts';

const HR = '1.3.6.1.2.1.25';
const UCD = '1.3.6.1.4.1.2021';
const APPLICATION = 4;

/** Counts from a start of the device: `total` is what has come together since the epoch. */
function sinceBoot(frame: DeviceFrame, total: (atMs: number) => number): (atMs: number) => number {
  return (atMs) => Math.floor(total(atMs) - total(frame.boots.bootOf(atMs)));
}

/** Busy processor-seconds since the epoch, of all processors together. */
function busySeconds(frame: DeviceFrame, { processors, rhythm, restPercent, busyPercent }: LoadSpec) {
  const flow = frame.flow('cpu', rhythm, 1);
  return (atMs: number): number => (processors * ((restPercent * atMs) / 1000 + busyPercent * flow.total(atMs))) / 100;
}

export interface ProcessSpec {
  readonly name: string;
  /** Of the host's busy time. */
  readonly share: number;
  readonly megabytes: number;
  readonly count?: number;
}

/** hrSWRunTable with hrSWRunPerfTable. */
export function addProcesses(frame: DeviceFrame, load: LoadSpec, processes: readonly ProcessSpec[]): void {
  const { mib, seed } = frame;
  const busy = busySeconds(frame, load);
  let pid = 400;
  for (const { name, share, megabytes, count = 1 } of processes) {
    for (let nth = 0; nth < count; nth += 1) {
      pid += 17;
      const salt = seed ^ pid;
      mib.text(`${HR}.4.2.1.2`, pid, 'octets', name);
      mib.number(`${HR}.4.2.1.6`, pid, 'integer', APPLICATION);
      const centiseconds = sinceBoot(frame, (atMs) => (100 * share * busy(atMs)) / count);
      mib.number(`${HR}.5.1.1.1`, pid, 'integer', (atMs) => centiseconds(atMs) % 2 ** 31);
      const kibibytes = (megabytes * 1000) / count;
      mib.number(`${HR}.5.1.1.2`, pid, 'integer', (atMs) =>
        Math.round(kibibytes * (0.9 + 0.2 * lineNoise(salt, atMs / 3_600_000))),
      );
    }
  }
}

export function addUnixDetails(frame: DeviceFrame, load: LoadSpec): void {
  const { mib, seed } = frame;
  const busy = busySeconds(frame, load);
  const ticks = (object: number, total: (atMs: number) => number): void => {
    const since = sinceBoot(frame, total);
    mib.number(`${UCD}.11.${object}`, 0, 'counter32', (atMs) => since(atMs) % 2 ** 32);
  };
  ticks(50, (atMs) => 72 * busy(atMs));
  ticks(52, (atMs) => 20 * busy(atMs));
  ticks(54, (atMs) => 8 * busy(atMs));
  // Steady: the difference to the busy time would fall when a moment is busier than the processors can be.
  ticks(53, (atMs) => (100 - load.restPercent - load.busyPercent) * ((load.processors * atMs) / 1000));
  ticks(59, (atMs) => 900 * busy(atMs) + atMs / 8);
  ticks(60, (atMs) => 2400 * busy(atMs) + atMs / 5);
  const swapKibibytes = 4 * 1024 * 1024;
  mib.number(`${UCD}.4.3`, 0, 'integer', swapKibibytes);
  mib.number(`${UCD}.4.4`, 0, 'integer', (atMs) =>
    Math.round(swapKibibytes * (0.9 + 0.08 * lineNoise(seed ^ 0x44, atMs / 7_200_000))),
  );
  const disk = '13.15.1.1';
  const traffic = frame.flow('disk', load.rhythm, 1);
  const counted = (column: number, bits: 32 | 64, perUnit: number): void => {
    const since = sinceBoot(frame, (atMs) => perUnit * traffic.total(atMs));
    mib.number(`${UCD}.${disk}.${column}`, 1, bits === 64 ? 'counter64' : 'counter32', (atMs) =>
      bits === 64 ? since(atMs) : since(atMs) % 2 ** 32,
    );
  };
  mib.text(`${UCD}.${disk}.2`, 1, 'octets', 'sda');
  counted(5, 32, 14);
  counted(6, 32, 22);
  counted(12, 64, 900_000);
  counted(13, 64, 600_000);
  const hot = '13.16.2.1';
  mib.text(`${UCD}.${hot}.2`, 1, 'octets', 'Package id 0');
  mib.number(`${UCD}.${hot}.3`, 1, 'gauge32', (atMs) =>
    Math.round(1000 * (41 + 9 * lineNoise(seed ^ 0x55, atMs / 600_000))),
  );
}
