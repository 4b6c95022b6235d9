/** What the system says of a process: processor time and memory, from /proc. */
import { readFileSync } from 'node:fs';

const TICKS_PER_S = 100;
const KIB_PER_MIB = 1024;

export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** A line of a file in /proc (`status` VmRSS, `smaps_rollup` Pss), MiB. */
export function memoryMib(pid: number, file: string, key: string): number {
  const kib = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1];
  return Math.round((Number(kib) / KIB_PER_MIB) * 10) / 10;
}

/** User and system time since its start, all threads, seconds. */
export function cpuSeconds(pid: number): number {
  // Behind the name in brackets: utime and stime are the 12th and 13th field.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}
