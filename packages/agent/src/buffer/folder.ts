/** The buffer's folder as the disk keeps it: names made durable, old damaged files cleared away. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const DAMAGED = /\.damaged-(\d+)$/;
const DAMAGED_KEPT = 2;

/** Makes names in a folder survive a power cut: files made, renamed or deleted before. */
export function syncFolder(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Damaged files set aside are for curious people, not for ever: the newest two stay. */
export function clearDamaged(dir: string): void {
  const found = readdirSync(dir)
    .map((name) => ({ name, atMs: Number(DAMAGED.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ atMs }) => !Number.isNaN(atMs))
    .toSorted((a, b) => b.atMs - a.atMs);
  for (const { name } of found.slice(DAMAGED_KEPT)) rmSync(join(dir, name), { force: true });
}

/** The newest epoch once more, beside the databases: whoever finds those destroyed must not choose it again. */
const EPOCH_FILE = 'epoch.txt';

export function noteEpoch(dir: string, epoch: number): void {
  const file = join(dir, EPOCH_FILE);
  writeFileSync(`${file}.new`, `${epoch}\n`, { flush: true });
  renameSync(`${file}.new`, file);
}

/** 0 when there is no such note, or none that can be read. */
export function notedEpoch(dir: string): number {
  const file = join(dir, EPOCH_FILE);
  const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
  return /^\d{1,15}\n$/.test(text) ? Number(text) : 0;
}
