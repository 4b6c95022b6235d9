/** Damage to a file: one bit of every so many bytes. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** @param from where to begin; from the end when negative. Answers how many bits were flipped. */
export function flipBits(path: string, { from, every }: { readonly from: number; readonly every: number }): number {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  let flipped = 0;
  try {
    const { size } = fstatSync(file);
    for (let at = from < 0 ? Math.max(0, size + from) : from; at < size; at += every) {
      readSync(file, byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ 0x10;
      writeSync(file, byte, 0, 1, at);
      flipped += 1;
    }
  } finally {
    closeSync(file);
  }
  return flipped;
}
