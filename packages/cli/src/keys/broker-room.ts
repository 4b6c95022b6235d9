/**
 * How much of its disk JetStream may fill. The server's own rule (three quarters of what is free when it starts)
 * shrinks with what the streams already hold, and a stream that reserved more is then not opened again; a fixed number
 * hides a small disk, and a nats-server 2.9 whose disk is full stands still.
 */
import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const GIB = 1024 ** 3;
/** All streams together want 17 GiB; the rest is for what grows. */
const MOST_BYTES = 64 * GIB;
/** The rest is for files that outgrow their streams for a moment, and for the buckets. */
const SHARE = 0.75;

/** Bytes for `max_file_store`. @param storeDir may be missing; its parent must be there */
export function roomForStreams(storeDir: string): number {
  const { bavail, bsize } = statfsSync(join(storeDir, '..'));
  const files = filesBelow(storeDir);
  const held = files.reduce((sum, file) => sum + sizeOf(file), 0);
  const reserved = files.filter((file) => file.endsWith('/meta.inf')).reduce((sum, file) => sum + reservedIn(file), 0);
  return Math.max(reserved, Math.min(MOST_BYTES, Math.floor(SHARE * (bavail * bsize + held))));
}

function filesBelow(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** A stream's settings as the server keeps them; a consumer's have no such field. */
function reservedIn(file: string): number {
  try {
    const meta: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const bytes = typeof meta === 'object' && meta !== null && 'max_bytes' in meta ? meta.max_bytes : 0;
    return typeof bytes === 'number' && bytes > 0 ? bytes : 0;
  } catch {
    return 0;
  }
}
