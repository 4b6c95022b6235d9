/**
 * Why a process may be silent without hanging, as the kernel knows it: it was stopped by somebody, it waits for a
 * disk, or it wanted to run and was not let. Where there is no /proc nothing is excused.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const NS_PER_MS = 1e6;
/** Of the time between two looks, spent waiting for a processor by all its threads. */
const STARVED_SHARE = 0.25;

export class Excuses {
  #pid = 0;
  #waitedMs = 0;
  #atMs = 0;

  /** Why it was silent since the last call; empty when nothing excuses it. The first call for a process only begins. */
  of(pid: number): string {
    const threads = threadsOf(pid);
    const waitedMs = threads.reduce((sum, thread) => sum + thread.waitedMs, 0);
    const nowMs = performance.now();
    const starved = pid === this.#pid && waitedMs - this.#waitedMs > STARVED_SHARE * (nowMs - this.#atMs);
    this.#pid = pid;
    this.#waitedMs = waitedMs;
    this.#atMs = nowMs;
    if (threads.some(({ state }) => state === 'T' || state === 't')) return 'it was stopped';
    if (threads.some(({ state }) => state === 'D')) return 'it waits for a disk';
    return starved ? 'it wants to run and gets no processor' : '';
  }
}

interface Thread {
  readonly state: string;
  readonly waitedMs: number;
}

function threadsOf(pid: number): readonly Thread[] {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).flatMap((id) => {
      try {
        const stat = readFileSync(`${folder}/${id}/stat`, 'latin1');
        const waitedNs = Number(readFileSync(`${folder}/${id}/schedstat`, 'latin1').split(' ')[1]);
        return [{ state: stat.charAt(stat.lastIndexOf(')') + 2), waitedMs: waitedNs / NS_PER_MS }];
      } catch {
        // This thread has ended.
        return [];
      }
    });
  } catch {
    return [];
  }
}
