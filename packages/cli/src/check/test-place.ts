/**
 * Where a run of tests happens: one temporary folder for all it writes, and a mark in the environment of every process it
 * starts. So whatever ends the run (Ctrl-C, a timeout of CI, a crash of a test) its processes, mounts and files can be found
 * and taken away, and no others. Linux: processes and mounts are read from /proc.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'KAIKU_TEST_RUN';
const LOOK_EVERY_MS = 100;
const REMOVE_TRIES = 5;

export interface LeftBehind {
  readonly pid: number;
  readonly command: string;
}

export interface TestPlace {
  readonly dir: string;
  /** For the processes of the run. */
  readonly env: Readonly<Record<string, string>>;
  /** What still runs after so long: ends by itself, as a rule. */
  leftBehind(withinMs: number): Promise<readonly LeftBehind[]>;
  /** Kills what is left, unmounts and removes. */
  clear(): void;
}

export function makeTestPlace(): TestPlace {
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-test-'));
  // Servers that run as users of their own (PostgreSQL, lldpd, snmpsim) have their folders in it.
  chmodSync(dir, 0o711);
  return {
    dir,
    env: { TMPDIR: dir, [MARK]: dir },
    leftBehind: async (withinMs) => {
      const endMs = performance.now() + withinMs;
      let left = marked(dir);
      while (left.length > 0 && performance.now() < endMs) {
        await sleep(LOOK_EVERY_MS);
        left = marked(dir);
      }
      return left;
    },
    clear: () => {
      // Twice, for what one of them started meanwhile.
      for (let turn = 0; turn < 2; turn += 1) for (const { pid } of marked(dir)) kill(pid);
      for (const mount of mountsBelow(dir)) unmount(mount);
      rmSync(dir, { recursive: true, force: true, maxRetries: REMOVE_TRIES });
    },
  };
}

function marked(dir: string): readonly LeftBehind[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)
    .filter((name) => readProc(`${name}/environ`).split('\0').includes(`${MARK}=${dir}`))
    .map((name) => ({ pid: Number(name), command: readProc(`${name}/cmdline`).replaceAll('\0', ' ').trim() }));
}

/** Empty for one that is gone, or somebody else's. */
function readProc(path: string): string {
  try {
    return readFileSync(join('/proc', path), 'utf8');
  } catch {
    return '';
  }
}

/** The innermost first. */
function mountsBelow(dir: string): readonly string[] {
  return readProc('self/mounts')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((mount) => mount.startsWith(`${dir}/`))
    .toReversed();
}

function unmount(mount: string): void {
  try {
    execFileSync('umount', ['-l', mount], { stdio: 'ignore' });
  } catch {
    // Whoever mounted it has unmounted it.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
