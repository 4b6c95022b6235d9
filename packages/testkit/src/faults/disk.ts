/**
 * Small disks and power cuts, where the machine allows it (root): a tmpfs that can be filled up, and a file system
 * in a file whose image can be copied as a power cut would leave it, without what was not yet synced.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../servers/binary.ts';

/** Why no file system can be mounted; undefined when one can. */
export function mountProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to mount a small disk';
  return findBinary('mount') === undefined ? 'mount is not installed' : undefined;
}

/** Why no image can be mounted; undefined when one can. */
export function imageProblem(): string | undefined {
  if (findBinary('mkfs.ext4') === undefined) return 'mkfs.ext4 is not installed';
  return mountProblem();
}

export interface SmallDisk {
  readonly path: string;
  /** Takes all room but so many bytes. */
  fill(leaveBytes?: number): void;
  free(): void;
  remove(): void;
}

const MIB = 1024 * 1024;

export function smallDisk(path: string, mib: number): SmallDisk {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path]);
  const filler = join(path, 'filler');
  const remove = (): void => unmount(path);
  process.once('exit', remove);
  return {
    path,
    fill: (leaveBytes = 0) => {
      const { bavail, bsize } = statfsSync(path);
      const file = openSync(filler, 'a');
      let left = bavail * bsize - leaveBytes;
      const block = Buffer.alloc(MIB);
      try {
        while (left > 0) left -= writeSync(file, block, 0, Math.min(left, MIB));
      } catch {
        // Full is what was wanted.
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      process.removeListener('exit', remove);
      remove();
    },
  };
}

export interface ImageDisk {
  readonly path: string;
  /** Puts the file system back to what lay on the disk when `snapshot` was called. Nobody may have files open. */
  cut(): void;
  /** Copies the disk as it is, unsynced pages left out. */
  snapshot(): void;
  remove(): void;
}

/** An ext4 in a file beside `path`. */
export function imageDisk(path: string, mib: number): ImageDisk {
  const [image, copy] = [`${path}.img`, `${path}.cut`];
  mkdirSync(path, { recursive: true });
  const file = openSync(image, 'w');
  ftruncateSync(file, mib * MIB);
  closeSync(file);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  // commit=300: the journal does not sync behind our back while the test looks.
  const mount = (from: string): void => void execFileSync('mount', ['-o', 'loop,commit=300', from, path]);
  mount(image);
  const remove = (): void => {
    unmount(path);
    for (const each of [image, copy]) rmSync(each, { force: true });
  };
  process.once('exit', remove);
  return {
    path,
    snapshot: () => copyFileSync(image, copy),
    cut: () => {
      execFileSync('umount', [path]);
      mount(copy);
    },
    remove: () => {
      process.removeListener('exit', remove);
      remove();
    },
  };
}

function unmount(path: string): void {
  try {
    execFileSync('umount', ['-l', path], { stdio: 'ignore' });
  } catch {
    // Not mounted any more.
  }
}
