/** Parts of an installation as processes of their own, and what they cost: processor time from the system's account. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startProcess, type ServerProcess } from '@kaiku/testkit';

const MAIN = resolve(import.meta.dirname, '../../../cli/src/main.ts');
const READY_MS = 30_000;

/** Starts `kaiku ROLE` in the foreground, as `kaiku up` would. */
export function startRole(
  role: 'store' | 'logger' | 'agent',
  { config, name }: { readonly config: string; readonly name: string },
  ready: () => boolean | Promise<boolean> = () => true,
): Promise<ServerProcess> {
  const profile = process.env['KAIKU_BENCH_PROFILE'];
  return startProcess({
    binary: process.execPath,
    arguments: [
      // A folder given by who looks for hot spots.
      ...(profile === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`]),
      MAIN,
      role,
      '-c',
      config,
      '--name',
      name,
    ],
    ready,
    readyMs: READY_MS,
    what: name,
  });
}

let ticksPerSecond: number | undefined;

/** Seconds of processor time of a process with its living and awaited children; 0 where the system does not tell. */
async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; times follow behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / ticksPerSecond;
  return Number.isFinite(own) ? own : 0;
}

/** Processor time spent by each since the call. */
export async function stopwatch(
  processes: Readonly<Record<string, ServerProcess>>,
): Promise<() => Promise<Record<string, number>>> {
  const read = async (): Promise<[string, number][]> =>
    Promise.all(Object.entries(processes).map(async ([name, { pid }]) => [name, await cpuSeconds(pid)]));
  const before = new Map(await read());
  return async () =>
    Object.fromEntries((await read()).map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
}
