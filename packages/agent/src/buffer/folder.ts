/** The buffer's folder as the disk keeps it: names made durable, old damaged files cleared away. */
import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
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
